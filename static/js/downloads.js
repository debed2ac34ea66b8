/* The menu of copies keeps the choice that was made last, on this device, and closes once a copy is on its way. A ZIP is asked
   for twice: a refusal would come in the place of the wall. */
(() => {
  "use strict";
  const KEY = "proofsheet:download";
  const NAMES = ["format", "side", "recipe"];

  const readLast = () => {
    try {
      return JSON.parse(localStorage.getItem(KEY)) ?? {};
    } catch {
      return {};
    }
  };

  const restore = (form) => {
    const last = readLast();
    for (const name of NAMES) {
      const field = form.elements[name];
      if (!field || typeof last[name] !== "string" || field.type === "hidden") continue;
      const isOffered = [...(field.options ?? field)].some((choice) => choice.value === last[name]);
      if (isOffered) field.value = last[name];
    }
  };

  const restoreAll = () => document.querySelectorAll("[data-download]").forEach(restore);
  document.addEventListener("DOMContentLoaded", restoreAll);
  document.addEventListener("htmx:load", (event) => event.target.querySelectorAll?.("[data-download]").forEach(restore));

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-download]")) return;
    const chosen = Object.fromEntries(NAMES.filter((name) => form.elements[name]).map((name) => [name, form.elements[name].value]));
    try {
      localStorage.setItem(KEY, JSON.stringify({ ...readLast(), ...chosen }));
    } catch {
      /* A browser that keeps nothing still downloads. */
    }
    form.closest("[popover]")?.hidePopover();
    form.closest("dialog")?.close();
    if (form.method !== "post") return;
    event.preventDefault();
    form.addEventListener("htmx:afterRequest", ({ detail }) => detail.successful && form.submit(), { once: true });
    window.htmx.ajax("POST", form.action, { source: form, values: { ahead: "1" }, swap: "none" });
  });
})();
