/* What a wall asks the server for: the list of its sections, and sections themselves as elements. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const FIRST_WAIT = 1000;
  const LONGEST_WAIT = 15_000;
  const BETWEEN_TRIES = [2000, 2000];

  /* Answers that another try may better: too slow, too often. */
  const PASSING = [408, 429];

  const rest = (time) => new Promise((resolve) => setTimeout(resolve, time));

  /* At once on a page that is seen, else when it is. */
  const seen = async (signal) => {
    if (!document.hidden || signal.aborted) return;
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
      signal.addEventListener("abort", resolve, { once: true });
    });
  };

  /* By the door, or for good. */
  const isRefusal = ({ redirected, status }) => redirected || (status >= 400 && status < 500 && !PASSING.includes(status));

  function* growing() {
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) yield wait;
  }

  /* Ask again after each of these waits, while there is no answer, no refusal, and somebody wants it. */
  const insist = async (ask, waits, signal) => {
    let answer = await ask();
    for (const wait of waits) {
      if (answer !== null || signal.aborted) break;
      await rest(wait);
      await seen(signal);
      if (!signal.aborted) answer = await ask();
    }
    return answer;
  };

  class WallSource {
    constructor(root) {
      this.root = root;
      /* Whoever was signed out, or may not see it any more, does not get the list by asking again. */
      this.isRefused = false;
    }

    address(url, pairs, chosen) {
      const { across, layout, query } = { ...this.root.dataset, ...chosen };
      const words = new URLSearchParams([["across", across], ["layout", layout], ...pairs]);
      return `${url}?${query ? `${query}&` : ""}${words}`;
    }

    /* false when it is refused; null when there is no answer, or nobody waits for it any more. `layout` is another one than the
       wall has now. */
    async ask(url, pairs, { signal, layout } = {}) {
      try {
        const response = await fetch(this.address(url, pairs, layout), { signal });
        if (isRefusal(response)) return false;
        return response.ok ? response : null;
      } catch {
        return null;
      }
    }

    async list(more = {}, options = {}) {
      const response = await this.ask(this.root.dataset.sectionsUrl, Object.entries(more), options);
      this.isRefused = response === false;
      return response && response.json().catch(() => null);
    }

    /* However long that takes, unless it is refused. */
    listAtLast(signal, more = {}) {
      return insist(() => this.list(more, { signal }), growing(), signal);
    }

    async sections(bounds, options = {}) {
      const pairs = bounds.flatMap(({ first, last }) => [["first", first], ["last", last]]);
      const response = await this.ask(this.root.dataset.sectionUrl, pairs, options);
      if (!response) return response;
      const html = await response.text().catch(() => null);
      if (html === null) return null;
      const template = document.createElement("template");
      template.innerHTML = html;
      return [...template.content.children];
    }

    /* At the third try. */
    sectionsInTheEnd(bounds, signal) {
      return insist(() => this.sections(bounds, { signal }), BETWEEN_TRIES, signal);
    }
  }

  Proofsheet.WallSource = WallSource;
})();
