/* What there is to write: earlier prompts by Alt+Up and Alt+Down in the prompt box or from their list, the team's words from
   theirs. */
(() => {
  "use strict";
  const WAIT = 150;
  const field = () => document.querySelector("[data-prompt-box] textarea");
  const { prompt } = window.Proofsheet;

  const fetchJson = async (url, words) => {
    const address = new URL(url, location.href);
    if (words) address.searchParams.set("q", words);
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  /* The walk ------------------------------------------------------------------------------------------------------------ */

  /* `unsent` is what one was writing when one began to change an earlier prompt. */
  let earlier = null;
  let unsent = [];
  let walk = null;

  const same = (one, other) => one.text === other.text && JSON.stringify(one.styles) === JSON.stringify(other.styles);
  const whose = (entry) => (entry.isUnsent ? "not sent" : entry.who || "yours");

  const tell = () => {
    const line = document.querySelector("[data-walk]");
    const entry = walk?.entries[walk.at];
    line.hidden = !entry;
    const facts = entry ? [`${walk.at + 1} of ${walk.entries.length}`, whose(entry), entry.model, entry.age] : [];
    line.textContent = facts.filter(Boolean).join(" · ");
  };

  const begin = async () => {
    const typed = prompt.read();
    try {
      earlier ??= (await fetchJson(document.querySelector("[data-prompt-box]").dataset.earlier)).prompts;
    } catch {
      /* What is here is walked through. */
    }
    const entries = [...unsent, ...(earlier ?? [])].filter((entry) => !same(entry, typed));
    return { typed, entries, at: -1 };
  };

  const step = async (by) => {
    if (!walk && by < 0) return;
    walk ??= await begin();
    const at = Math.min(walk.at + by, walk.entries.length - 1);
    if (at === walk.at) return;
    walk.at = at;
    prompt.write(walk.entries[at] ?? walk.typed);
    tell();
    if (at < 0) walk = null;
  };

  document.addEventListener("keydown", (event) => {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!by || !event.altKey || event.ctrlKey || event.metaKey || event.target !== field()) return;
    event.preventDefault();
    step(by);
  });

  document.addEventListener("input", (event) => {
    if (!walk || event.target !== field()) return;
    if (walk.typed.text.trim()) unsent = [{ ...walk.typed, isUnsent: true }, ...unsent];
    walk = null;
    tell();
  });

  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id !== "studio-form" || event.detail.xhr.status !== 200) return;
    earlier = null;
    walk = null;
    if (field()) tell();
  });

  /* The lists ----------------------------------------------------------------------------------------------------------- */

  const KINDS = {
    earlier: {
      read: (answer) => answer.prompts,
      words: (entry) => entry.text,
      facts: (entry) => [...entry.styles.map((style) => style.name), entry.who || "yours", entry.model, entry.age],
      choose: (entry) => {
        const typed = prompt.read();
        if (typed.text.trim() && !same(entry, typed)) unsent = [{ ...typed, isUnsent: true }, ...unsent];
        walk = null;
        prompt.write(entry);
        tell();
        field().dispatchEvent(new Event("input", { bubbles: true }));
      },
    },
    words: {
      read: (answer) => answer.options,
      words: (option) => option.label,
      facts: (option) => [option.hint, option.about],
      choose: (option) => (option.kind === "style" ? prompt.layOn(option) : prompt.insert(option.value)),
    },
  };

  const build = (kind, entry) => {
    const row = document.createElement("button");
    row.type = "button";
    row.className = "menu-item prompt-row";
    row.entry = entry;
    const words = row.appendChild(document.createElement("span"));
    words.className = "prompt-row-words";
    words.dir = "auto";
    words.textContent = kind.words(entry);
    const facts = row.appendChild(document.createElement("span"));
    facts.className = "margin prompt-row-facts";
    facts.textContent = kind.facts(entry).filter(Boolean).join(" · ");
    return row;
  };

  /* What is marked in the prompt, or all of it, goes to the page of words. */
  const offerToKeep = (link) => {
    const { selectionStart: from, selectionEnd: to, value } = field();
    const text = (value.slice(from, to).trim() || value.trim()).slice(0, 4000);
    link.hidden = !text;
    link.href = `${link.pathname}?${new URLSearchParams({ text })}`;
    link.textContent = to > from ? "Keep what is marked" : "Keep what is written";
  };

  let turn = 0;
  const fill = async (list) => {
    const kind = KINDS[list.dataset.promptList];
    const now = (turn += 1);
    let entries = [];
    try {
      entries = kind.read(await fetchJson(list.dataset.url, list.querySelector("[data-list-search]").value.trim()));
    } catch {
      /* The list stays empty; its foot leads to the page. */
    }
    if (now !== turn) return;
    list.querySelector("[data-rows]").replaceChildren(...entries.map((entry) => build(kind, entry)));
    list.querySelector("[data-none]").hidden = entries.length > 0;
    /* A taller list may need another place. */
    list.dispatchEvent(new CustomEvent("proofsheet:place", { bubbles: true }));
  };

  document.addEventListener(
    "toggle",
    (event) => {
      const list = event.target;
      if (!list.matches?.("[data-prompt-list]") || event.newState !== "open") return;
      list.querySelector("[data-list-search]").value = "";
      list.querySelector("[data-list-search]").focus();
      const link = list.querySelector("[data-keep-words]");
      if (link) offerToKeep(link);
      fill(list);
    },
    true,
  );

  let timer = 0;
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-list-search]")) return;
    clearTimeout(timer);
    timer = setTimeout(fill, WAIT, event.target.closest("[data-prompt-list]"));
  });

  document.addEventListener("click", (event) => {
    const row = event.target.closest?.(".prompt-row");
    if (!row) return;
    const list = row.closest("[data-prompt-list]");
    list.hidePopover();
    field().focus();
    KINDS[list.dataset.promptList].choose(row.entry);
  });
})();
