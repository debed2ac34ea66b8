/* Filters above a list: each change asks for the list and the head anew, popovers load their lists when they open.
   The form is the truth; the chips are what the server makes of it. */
(() => {
  "use strict";
  const TYPING = 250;
  const FINDING = 150;
  const asked = new WeakMap();
  const timers = new WeakMap();
  let backTo = "";

  const later = (element, wait, act) => {
    clearTimeout(timers.get(element));
    timers.set(element, setTimeout(act, wait));
  };

  const stateOf = (form) => {
    const set = [...new FormData(form)].filter(([name, value]) => value && name !== "find");
    return new URLSearchParams(set).toString();
  };

  const ask = (form) => {
    clearTimeout(timers.get(form));
    const state = stateOf(form);
    if (state === asked.get(form)) return;
    asked.set(form, state);
    htmx.trigger(form, "filters:change");
  };

  /* A span or dates, a range or "unknown": the one lets go of the other. */
  const letGo = (input) => {
    const group = input.closest("fieldset");
    const days = [...(group?.querySelectorAll("[data-day]") ?? [])];
    const amounts = [...(group?.querySelectorAll("[data-amount]") ?? [])];
    if (input.type === "radio" && days.length) for (const day of days) day.value = "";
    if (input.matches("[data-day]")) {
      for (const span of group.querySelectorAll('[type="radio"]')) span.checked = span.value === "" && days.every((day) => !day.value);
    }
    if (input.matches("[data-unknown]:checked")) for (const amount of amounts) amount.value = "";
    if (input.matches("[data-amount]") && input.value) group.querySelector("[data-unknown]").checked = false;
  };

  const clear = (form, isMeant) => {
    for (const control of [...form.elements].filter((each) => each.name && isMeant(each))) {
      if (control.type === "checkbox") control.checked = false;
      else if (control.type === "radio") control.checked = control.value === "" || control.hasAttribute("data-default");
      else if (control.type === "hidden") control.remove();
      else control.value = "";
    }
    ask(form);
  };

  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("[data-filters]");
    if (!form) return;
    if (event.target.name === "q") later(form, TYPING, () => ask(form));
    if (!event.target.matches("[data-facet-find]")) return;
    const list = event.target.closest("[data-facet-box]").querySelector("[data-facet]");
    later(list, FINDING, () => htmx.trigger(list, "filters:open"));
  });

  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-filters]");
    if (!form || event.target.matches("[data-facet-find]")) return;
    letGo(event.target);
    ask(form);
  });

  /* The field that Enter was pressed in has told of its change already. */
  document.addEventListener("submit", (event) => {
    if (!event.target.matches?.("[data-filters]")) return;
    event.preventDefault();
    ask(event.target);
  });

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const chip = event.target.closest?.("[data-clear]");
    const all = event.target.closest?.("[data-clear-all]");
    if (!chip && !all) return;
    const form = (chip ?? all).closest("[data-filters]");
    event.preventDefault();
    const names = chip?.dataset.clear.split(" ");
    backTo = chip ? chip.parentElement.querySelector("button").id : "search";
    clear(form, (control) => (names ? names.includes(control.name) && !(control.type === "hidden" && control.value === "trash") : control.type !== "hidden" || control.name === "run"));
  });

  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.matches("[data-filters], [data-facet]")) return;
    const data = event.detail.formData;
    for (const name of new Set(data.keys())) {
      const values = data.getAll(name).filter(Boolean);
      data.delete(name);
      if (name !== "find" || event.detail.elt.matches("[data-facet]")) for (const value of values) data.append(name, value);
    }
  });

  // What came back --------------------------------------------------------------------------------------------------

  const tell = (words) => {
    document.getElementById("announcements").textContent = words;
  };

  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "found" || !event.detail.requestConfig?.elt.matches("[data-filters]")) return;
    tell(document.getElementById("found-count").textContent);
    const open = document.querySelector(".filter-panel:popover-open");
    if (open) buttonOf(open)?.setAttribute("aria-expanded", "true");
    else if (backTo && document.activeElement === document.body) (document.getElementById(backTo) ?? document.getElementById("chip-more")).focus();
    backTo = "";
  });

  const tellCount = (event) => {
    const place = document.querySelector("#found-count[data-wall-counts]");
    const { pictures, more } = window.Proofsheet.wall;
    const count = pictures ?? event.detail;
    if (place) place.textContent = `${count.toLocaleString("en")}${more ? "+" : ""} ${count === 1 ? "picture" : "pictures"}`;
  };
  for (const name of ["wall:count", "wall:more"]) document.addEventListener(name, tellCount);

  // Popovers --------------------------------------------------------------------------------------------------------

  const buttonOf = (panel) => document.querySelector(`.filter-chip [popovertarget="${panel.id}"]`) ?? document.querySelector(`[popovertarget="${panel.id}"]`);
  let opener = null;

  const open = (panel) => {
    for (const list of panel.querySelectorAll("[data-facet]")) htmx.trigger(list, "filters:open");
    const part = opener && panel.querySelector(`[data-filter="${opener}"]`);
    const find = panel.querySelector("[data-facet-find]");
    if (find && panel.id !== "filter-more") find.disabled = false;
    part?.scrollIntoView({ block: "nearest" });
    const first = (part ?? panel).querySelector("[data-facet-find]:enabled, input:checked, input:enabled");
    if (matchMedia("(hover: hover)").matches || !first?.matches("[data-facet-find], [type=date], [type=text]")) first?.focus({ preventScroll: !part });
  };

  const close = (panel) => {
    for (const find of panel.querySelectorAll("[data-facet-find]")) {
      find.value = "";
      find.disabled = true;
    }
    const focused = document.activeElement;
    if (focused === document.body || panel.contains(focused)) buttonOf(panel)?.focus();
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[popovertarget]");
    if (button) opener = button.dataset.opens ?? null;
  }, true);

  document.addEventListener("toggle", (event) => {
    if (!event.target.matches?.(".filter-panel")) return;
    if (event.newState === "open") open(event.target);
    else close(event.target);
  }, true);

  /* Arrow keys walk through a list without choosing; Space chooses. */
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    /* Enter in a list's search chooses nothing. */
    if (event.key === "Enter" && event.target.matches?.("[data-facet-find]")) event.preventDefault();
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const box = event.target.closest?.("[data-facet-box]");
    if (!box) return;
    const stops = [...box.querySelectorAll("[data-facet-find]:enabled, .option input")];
    const next = stops[stops.indexOf(event.target) + (event.key === "ArrowDown" ? 1 : -1)];
    event.preventDefault();
    next?.focus();
  });

  // Saving ----------------------------------------------------------------------------------------------------------

  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = event.detail.target?.closest?.("#save-dialog");
    if (dialog && !dialog.open) dialog.showModal();
  });

  document.addEventListener("click", (event) => {
    const dialog = event.target.closest?.("#save-dialog");
    if (!dialog || (event.target !== dialog && !event.target.closest("[data-close-dialog]"))) return;
    event.preventDefault();
    dialog.close();
  });

  for (const form of document.querySelectorAll("[data-filters]")) asked.set(form, stateOf(form));
})();
