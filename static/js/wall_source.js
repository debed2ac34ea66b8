/* What a wall asks the server for: the list of its sections, and sections themselves as elements. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const FIRST_WAIT = 1000;
  const LONGEST_WAIT = 15_000;
  const BETWEEN_TRIES = [2000, 2000];

  const rest = (time) => new Promise((resolve) => setTimeout(resolve, time));

  function* growing() {
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) yield wait;
  }

  /* Ask again after each of these waits, while there is no answer and somebody wants it. */
  const insist = async (ask, waits, signal) => {
    let answer = await ask();
    for (const wait of waits) {
      if (answer || signal.aborted) break;
      await rest(wait);
      if (!signal.aborted) answer = await ask();
    }
    return answer;
  };

  class WallSource {
    constructor(root) {
      this.root = root;
    }

    address(url, pairs, chosen) {
      const { across, layout, query } = { ...this.root.dataset, ...chosen };
      const words = new URLSearchParams([["across", across], ["layout", layout], ...pairs]);
      return `${url}?${query ? `${query}&` : ""}${words}`;
    }

    /* null when there is no answer, or nobody waits for it any more. `layout` is another one than the wall has now. */
    async ask(url, pairs, { signal, layout } = {}) {
      try {
        const response = await fetch(this.address(url, pairs, layout), { signal });
        return response.ok && !response.redirected ? response : null;
      } catch {
        return null;
      }
    }

    async list(more = {}, options = {}) {
      const response = await this.ask(this.root.dataset.sectionsUrl, Object.entries(more), options);
      return response && response.json().catch(() => null);
    }

    /* However long that takes. */
    listAtLast(signal, more = {}) {
      return insist(() => this.list(more, { signal }), growing(), signal);
    }

    async sections(bounds, options = {}) {
      const pairs = bounds.flatMap(({ first, last }) => [["first", first], ["last", last]]);
      const response = await this.ask(this.root.dataset.sectionUrl, pairs, options);
      const html = await response?.text().catch(() => null);
      if (html == null) return null;
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
