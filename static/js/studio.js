/* The studio around its knobs: shortcut, example prompts, the sheet on phones, where errors are, after a run was queued. */
(() => {
  "use strict";
  const form = () => document.getElementById("studio-form");

  const openSheet = (open) => {
    form().classList.toggle("is-open", open);
    for (const button of form().querySelectorAll("[data-sheet-toggle]")) button.setAttribute("aria-expanded", String(open));
  };

  /* The answer holds the prompt as it was sent; what was typed meanwhile stays, unless a former form was asked for. */
  let wasOpen = false;
  let typed = null;
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target !== form()) return;
    wasOpen = form().classList.contains("is-open");
    typed = event.detail.requestConfig.elt.matches("[data-step]") ? null : document.getElementById("prompt").value;
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

  /* To another page with the form as it stands: a post that htmx leaves to the browser. */
  const leave = (button) => {
    const { action } = form();
    form().setAttribute("action", button.formAction);
    HTMLFormElement.prototype.submit.call(form());
    form().setAttribute("action", action);
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    const plain = target.closest?.("[data-plainly]");
    if (plain) {
      event.preventDefault();
      leave(plain);
      return;
    }
    const example = target.closest?.("[data-prompt]");
    if (example) {
      const prompt = document.getElementById("prompt");
      prompt.focus();
      prompt.select();
      /* As if it were typed: what stood there comes back with Ctrl+Z. */
      if (!document.execCommand("insertText", false, example.dataset.prompt)) prompt.value = example.dataset.prompt;
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
    for (const [id, first, run] of html.matchAll(/id="(?:generation-(\d+)|batch-\d+" data-first="(\d+))"/g)) {
      const name = /id="([^"]+)/.exec(id)[1];
      const number = first ?? run;
      if (document.getElementById(name)) continue;
      const place = document.createElement("section");
      place.id = name;
      const numberOf = (group) => Number(group.dataset.first ?? group.id.slice(11));
      const older = [...list.querySelectorAll(":scope > [id^=generation-], :scope > [data-first]")].find((group) => numberOf(group) < Number(number));
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
