/* Completion while one types. data-complete is where to ask (?q=) for {options: [{value, label, hint, colour}]};
   data-complete-at="@" completes the word after that sign or, of several, after the last one, which is asked with (?at=), else
   the whole field is completed; data-complete-submits sends the form with what was chosen. The field hears
   proofsheet:completed with the option. */
(() => {
  "use strict";
  const WAIT = 120;
  /* What may stand before a sign, so that it is one. */
  const BEFORE = { "@": /(^|[^\p{L}\p{N}_])$/u, "/": /(^|\s)$/, "{": /(^|[^\\])$/ };
  let field = null;
  let list = null;
  let timer = 0;
  let asked = 0;
  let isSwapping = false;

  /* What is being typed, and where it begins; null when there is nothing to complete. */
  const typed = (input) => {
    const signs = input.dataset.completeAt;
    if (!signs) return { from: 0, to: input.value.length, words: input.value };
    const before = input.value.slice(0, input.selectionStart);
    const at = Math.max(...[...signs].map((sign) => before.lastIndexOf(sign)));
    const words = before.slice(at + 1);
    if (at < 0 || !BEFORE[before[at]].test(before.slice(0, at)) || /[\s|}]/.test(words)) return null;
    return { from: at, to: input.selectionStart, words, sign: before[at] };
  };

  const hide = () => {
    list?.remove();
    list = null;
    if (!field) return;
    if (field.matches("[role=combobox]")) field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
    field.removeAttribute("aria-controls");
    field = null;
  };

  /* What was asked for is not waited for any more either. */
  const close = () => {
    clearTimeout(timer);
    asked += 1;
    hide();
  };

  const chosen = () => list?.querySelector('[aria-selected="true"]');

  const mark = (option) => {
    chosen()?.setAttribute("aria-selected", "false");
    if (!option) return field.removeAttribute("aria-activedescendant");
    option.setAttribute("aria-selected", "true");
    option.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-activedescendant", option.id);
  };

  const build = (option, number) => {
    const row = document.createElement("div");
    row.className = "completion";
    row.id = `completion-${number}`;
    row.setAttribute("role", "option");
    row.setAttribute("aria-selected", "false");
    row.dataset.value = option.value;
    row.option = option;
    if (option.colour) {
      const dot = document.createElement("i");
      dot.className = "tag-dot";
      dot.style.setProperty("--colour", option.colour);
      row.append(dot);
    }
    const words = document.createElement("bdi");
    words.className = "completion-words";
    words.textContent = option.label;
    row.append(words);
    if (option.hint) {
      const hint = document.createElement("span");
      hint.className = "margin";
      hint.textContent = option.hint;
      row.append(hint);
    }
    return row;
  };

  const show = (input, options) => {
    /* Who had gone down the list stays in it. */
    const before = field === input && chosen()?.dataset.value;
    hide();
    if (!options.length || document.activeElement !== input) return;
    field = input;
    list = document.createElement("div");
    list.className = "completions";
    list.id = "completions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Suggestions");
    list.append(...options.map(build));
    input.parentElement.append(list);
    list.scrollIntoView({ block: "nearest" });
    field.setAttribute("aria-controls", list.id);
    if (field.matches("[role=combobox]")) field.setAttribute("aria-expanded", "true");
    const same = [...list.children].find((row) => row.dataset.value === before);
    if (before || input.dataset.completeAt) mark(same ?? list.firstElementChild);
  };

  const ask = async (input) => {
    const part = typed(input);
    if (!part) return close();
    const turn = (asked += 1);
    try {
      const answer = await fetch(`${input.dataset.complete}?${new URLSearchParams({ q: part.words, ...(part.sign ? { at: part.sign } : {}) })}`);
      const { options } = answer.ok ? await answer.json() : { options: [] };
      if (turn === asked) show(input, options);
    } catch {
      /* Typing goes on without suggestions. */
    }
  };

  const choose = (option) => {
    const input = field;
    const part = typed(input);
    close();
    if (!part) return;
    const after = option.option.after ?? (input.dataset.completeAt ? " " : "");
    input.setRangeText(option.dataset.value + after, part.from, part.to, "end");
    input.dispatchEvent(new CustomEvent("proofsheet:completed", { bubbles: true, detail: option.option }));
    if ("completeSubmits" in input.dataset) input.form.requestSubmit();
  };

  const step = (by) => {
    const options = [...list.children];
    const at = options.indexOf(chosen());
    mark(options[at < 0 && by < 0 ? options.length - 1 : (at + by + options.length) % options.length]);
  };

  document.addEventListener("focusin", (event) => {
    const input = event.target;
    if (!input.matches?.("input[data-complete]")) return;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    /* A field that was drawn anew after a word was sent waits for the next one: its list would lie over what came of the first. */
    if (!isSwapping || input.autofocus) ask(input);
  });
  document.addEventListener("htmx:beforeSwap", (event) => (isSwapping = event.detail.shouldSwap));
  document.addEventListener("htmx:afterSettle", () => (isSwapping = false));
  document.addEventListener("focusout", close);
  document.addEventListener("input", (event) => {
    if (!event.target.matches?.("[data-complete]")) return;
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT, event.target);
    /* What surely does not fit goes at once. */
    const words = event.target === field ? typed(field)?.words.toLowerCase() : null;
    if (!words) return;
    for (const row of [...list.children]) if (!row.textContent.toLowerCase().includes(words.replace(/^#/, ""))) row.remove();
    if (!list.children.length) hide();
    else if (field.dataset.completeAt && !chosen()) mark(list.firstElementChild);
  });
  /* Before anybody else hears of the key: Escape closes the list alone. */
  document.addEventListener(
    "keydown",
    (event) => {
      if (!list || event.target !== field || event.isComposing || event.ctrlKey || event.metaKey) return;
      const option = chosen();
      if (event.key === "ArrowDown") step(1);
      else if (event.key === "ArrowUp") step(-1);
      else if (event.key === "Escape") close();
      else if (event.key === "Enter" && option) choose(option);
      else return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
  document.addEventListener("pointerdown", (event) => {
    const option = event.target.closest?.(".completion");
    if (!option || !field) return;
    event.preventDefault();
    choose(option);
  });
})();
