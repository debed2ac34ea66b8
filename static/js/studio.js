/* The studio around its knobs: shortcut, example prompts, the sheet on phones, where errors are, after a run was queued. */
(() => {
  "use strict";
  const form = () => document.getElementById("studio-form");

  const openSheet = (open) => {
    form().classList.toggle("is-open", open);
    for (const button of form().querySelectorAll("[data-sheet-toggle]")) button.setAttribute("aria-expanded", String(open));
  };

  /* The answer holds the prompt as it was sent; what was typed meanwhile stays. */
  let wasOpen = false;
  let typed = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== form()) return;
    wasOpen = form().classList.contains("is-open");
    typed = document.getElementById("prompt").value;
  });

  const dress = () => {
    if (wasOpen) openSheet(true);
    wasOpen = false;
    if (/Mac|iP(hone|ad)/.test(navigator.platform)) form().querySelector("[data-shortcut]").textContent = "⌘ ↵";
    const error = form().querySelector(".field-error:not([hidden])");
    if (!error) return;
    openSheet(true);
    error.scrollIntoView({ block: "center" });
    error.closest(".knob, .prompt-field")?.querySelector("[name]:not([type=hidden])")?.focus({ preventScroll: true });
  };

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || document.querySelector("dialog[open]")) return;
    const button = document.getElementById("generate");
    event.preventDefault();
    if (!button.disabled) form().requestSubmit(button);
  });

  document.addEventListener("click", (event) => {
    const target = event.target;
    const example = target.closest?.("[data-prompt]");
    if (example) {
      const prompt = document.getElementById("prompt");
      prompt.value = example.dataset.prompt;
      prompt.focus();
    }
    if (target.closest?.("[data-sheet-toggle]")) openSheet(!form().classList.contains("is-open"));
    const opener = target.closest?.("[data-opens]");
    if (opener && !(event.ctrlKey || event.metaKey || event.shiftKey)) document.getElementById(opener.dataset.opens).showModal();
    if (target.closest?.("[data-close-dialog]") || target.matches?.("dialog[open]")) target.closest("dialog")?.close();
  });

  /* A dialog that is filled by a request opens once its content is there: it may be the form's errors instead. */
  document.addEventListener("htmx:afterSwap", (event) => {
    const dialog = event.detail.target;
    if (dialog.matches("dialog[data-opens-filled]:not([open])")) dialog.showModal();
  });

  /* A run this page does not show yet (a teammate's, another tab's) gets a place by its number, newest on top. */
  const makePlaces = (html) => {
    const list = document.getElementById("generations");
    for (const [id, number] of html.matchAll(/id="generation-(\d+)"/g)) {
      const name = id.slice(4, -1);
      if (document.getElementById(name)) continue;
      const place = document.createElement("section");
      place.id = name;
      const older = [...list.querySelectorAll(":scope > [id^=generation-]")].find((group) => Number(group.id.slice(11)) < Number(number));
      if (older) older.before(place);
      else list.querySelector(".empty-results").before(place);
    }
  };

  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "live") makePlaces(event.detail.serverResponse);
  });

  document.addEventListener("DOMContentLoaded", dress);
  document.addEventListener("htmx:load", (event) => {
    if (event.target !== form()) return;
    if (typed !== null) document.getElementById("prompt").value = typed;
    typed = null;
    dress();
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt !== form() || event.detail.xhr.status !== 200 || event.detail.pathInfo.requestPath !== form().getAttribute("action")) return;
    openSheet(false);
    scrollTo({ top: 0 });
  });
})();
