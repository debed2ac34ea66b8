/* The bar of what can be done to the selected pictures, and the dialog in which a tag or a board is chosen for them. */
(() => {
  "use strict";
  const { selection } = window.Proofsheet;
  const FEWEST = 2;
  const MOST = 4;
  const bar = () => document.querySelector("[data-selection-bar]");
  const dialog = () => document.getElementById("bulk-dialog");
  const number = (value) => value.toLocaleString("en");

  const fill = (form, values) => {
    for (const name of ["query", "ids", "all"]) {
      let field = form.querySelector(`input[type="hidden"][name="${name}"]`);
      if (!(name in values)) field?.remove();
      else {
        if (!field) {
          field = Object.assign(document.createElement("input"), { type: "hidden", name });
          form.append(field);
        }
        field.value = values[name];
      }
    }
  };

  const show = () => {
    const element = bar();
    if (!element) return;
    const { size, isAll, pictures, isSelecting } = selection;
    const { wall } = window.Proofsheet;
    const isOpen = size > 0 || isSelecting;
    const more = wall?.more ? "+" : "";
    element.hidden = !isOpen;
    document.body.classList.toggle("has-selection", isOpen);
    document.body.classList.toggle("is-selecting", isSelecting);
    const count = isAll ? `All ${number(size)}${more} selected` : size ? `${number(size)} selected` : "Choose pictures";
    element.querySelector("[data-selection-count]").textContent = count;
    element.querySelector("[data-selection-pictures]").textContent = pictures && pictures !== size ? `${number(pictures)} pictures` : "";
    const all = element.querySelector("[data-select-all]");
    all.textContent = `Select all ${number(wall?.count ?? 0)}${more}`;
    all.hidden = isAll || !wall?.count;
    for (const button of element.querySelectorAll(".selection-acts .selection-button")) button.disabled = !size;
    const compare = element.querySelector("[data-compare] button");
    if (compare) compare.disabled = isAll || size < FEWEST || size > MOST;
  };

  for (const name of ["selection:change", "wall:ready", "wall:count", "wall:more"]) document.addEventListener(name, show);

  document.addEventListener("click", (event) => {
    const target = event.target;
    if (target.closest?.("[data-clear-selection]")) selection.clear();
    else if (target.closest?.("[data-select-all]")) selection.all();
    else if (target.closest?.("[data-start-selecting]")) {
      if (selection.isSelecting) selection.clear();
      else selection.begin();
    }
  });

  /* Before htmx and everybody else reads the form. */
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.matches("[data-with-selection]")) fill(form, selection.values());
      else if (form.matches("[data-compare]")) form.elements.images.value = [...selection.ids].join(",");
      /* Later: htmx asks which button had the focus. */
      setTimeout(() => form.closest(".menu:popover-open")?.hidePopover());
    },
    true,
  );

  /* The dialog --------------------------------------------------------------------------------------------------------- */

  const narrow = (field) => {
    const words = field.value.trim().toLocaleLowerCase();
    const rows = [...document.querySelectorAll(`${field.dataset.narrow} > li`)];
    let isThere = false;
    for (const row of rows) {
      const name = row.dataset.name.toLocaleLowerCase();
      row.hidden = !name.includes(words);
      isThere ||= name === words;
    }
    const fresh = field.form.querySelector("[data-new-row]");
    fresh.hidden = !words || isThere;
    fresh.querySelector("[data-new-name]").textContent = field.value.trim() && `“${field.value.trim()}”`;
  };

  const rowsOf = (element) => [...element.querySelectorAll(".choosing-row")].filter((row) => row.offsetParent);

  document.addEventListener("htmx:afterSwap", (event) => {
    const shown = dialog();
    if (event.detail.target !== shown || !shown.childElementCount) return;
    if (!shown.open) shown.showModal();
    shown.querySelector("[autofocus]")?.focus();
    const field = shown.querySelector("[data-narrow]");
    if (field) narrow(field);
  });
  document.addEventListener("input", (event) => event.target.matches("[data-narrow]") && narrow(event.target));

  document.addEventListener("keydown", (event) => {
    const shown = event.target.closest?.('#bulk-dialog [data-choosing="board"]');
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isField = event.target.matches?.("[data-narrow]");
    if (!shown || event.isComposing) return;
    const rows = rowsOf(shown);
    if (step) {
      event.preventDefault();
      const at = rows.indexOf(event.target);
      if (at + step < 0) shown.querySelector("[data-narrow]").focus();
      else rows[Math.min(at + step, rows.length - 1)]?.focus();
    } else if (event.key === "Enter" && isField) {
      /* Enter only ever puts on: the board of this name, else the first that is shown, be it an old one or a new. */
      event.preventDefault();
      const words = event.target.value.trim().toLocaleLowerCase();
      const exact = rows.find((row) => row.closest("li")?.dataset.name.toLocaleLowerCase() === words);
      const chosen = exact ?? rows[0];
      if (!chosen?.matches("[data-takes-off]")) chosen?.click();
      else if (exact) event.target.form.requestSubmit();
    }
  });

  document.addEventListener("click", (event) => {
    if (event.target === dialog() || event.target.closest?.("#bulk-dialog [data-close-dialog]")) dialog().close();
  });
  document.addEventListener("bulk:done", () => dialog()?.open && dialog().close());
  /* The tile that had the focus may have been drawn anew under the dialog: the browser finds nothing to give it back to. */
  const giveFocusBack = (event) => {
    if (event.target !== dialog() || document.activeElement !== document.body) return;
    Proofsheet.wall?.current?.querySelector(".shot-link")?.focus({ preventScroll: true });
  };
  document.addEventListener("close", giveFocusBack, true);

  /* A work that goes on while one is on another page tells its end on the next. */
  const KEPT = "proofsheet:bulk";
  const remember = () => {
    const urls = [...document.querySelectorAll("#toasts [data-work]")].map((note) => note.dataset.work);
    if (urls.length) sessionStorage.setItem(KEPT, JSON.stringify(urls));
    else sessionStorage.removeItem(KEPT);
  };
  const pending = JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  for (const url of pending) window.htmx.ajax("GET", url, { target: "#toasts", swap: "beforeend" });
  document.addEventListener("htmx:afterSettle", remember);

  /* One note is enough: the newest. */
  document.addEventListener("htmx:afterSwap", () => {
    const notes = [...document.querySelectorAll("#toasts [data-done]")];
    for (const old of notes.slice(0, -1)) old.remove();
  });
})();
