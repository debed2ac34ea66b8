/* Notes that leave by themselves, except while somebody is on them; and a plain note when the server could not be reached. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const STAY = 7000;
  const STAY_WITH_UNDO = 20_000;
  const region = document.getElementById("toasts");

  /* What takes back what was told of last. On the page it outlives its note. */
  let takeBack = null;

  const remember = (toast) => {
    const button = toast.querySelector("[data-undo]");
    if (!button) return false;
    button.setAttribute("aria-keyshortcuts", "Control+Z Meta+Z");
    button.title = "Undo (Ctrl Z)";
    const mine = () => {
      /* Its form posts only where it is in the document. */
      if (!toast.isConnected) region.append(toast);
      button.click();
    };
    takeBack = mine;
    button.addEventListener("click", () => {
      if (takeBack === mine) takeBack = null;
    });
    return true;
  };

  const dismissLater = (toast) => {
    if (toast.dataset.timed) return;
    toast.dataset.timed = "1";
    setTimeout(
      function leave() {
        if (toast.matches(":hover, :focus-within")) setTimeout(leave, STAY / 2);
        else toast.remove();
      },
      remember(toast) ? STAY_WITH_UNDO : STAY,
    );
  };

  /* `undo` takes back what the note tells of. */
  const say = (text, undo = null) => {
    for (const old of region.querySelectorAll(".toast")) if (old.textContent === text) old.remove();
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.textContent = text;
    if (undo) {
      const button = document.createElement("button");
      button.className = "button button-small";
      button.type = "button";
      button.dataset.undo = "";
      button.textContent = "Undo";
      button.addEventListener("click", () => {
        toast.remove();
        undo();
      });
      toast.append(button);
    }
    region.append(toast);
    dismissLater(toast);
  };

  new MutationObserver(() => region.querySelectorAll("[data-toast]").forEach(dismissLater)).observe(region, { childList: true });
  region.querySelectorAll("[data-toast]").forEach(dismissLater);

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-dismiss]");
    if (button) button.closest("[data-toast], [data-note]").remove();
  });
  /* Returns whether there was anything to take back. */
  Proofsheet.takeBack = () => {
    if (!takeBack) return false;
    takeBack();
    return true;
  };
  document.addEventListener("proofsheet:say", (event) => say(event.detail.text ?? event.detail, event.detail.undo));

  /* A refusal that was written for this place is shown as any other note. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 400 || xhr.getResponseHeader("HX-Retarget") !== "#toasts") return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });

  /* The sentence of an answer that says why this was not done: of a page its own, else all there is. */
  const readRefusal = (xhr) => {
    if (xhr.getResponseHeader("Content-Type")?.startsWith("text/plain")) return xhr.responseText.trim();
    return new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-refusal]")?.textContent.trim();
  };

  /* The poller fails quietly: it asks again by itself. */
  const isPoller = (event) => event.detail.elt?.id === "live";
  document.addEventListener("htmx:sendError", (event) => {
    if (!isPoller(event)) say("The server did not answer. What you typed is still here; try again in a moment.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (isPoller(event)) return;
    const code = event.detail.xhr.status;
    const refusal = readRefusal(event.detail.xhr);
    if (refusal) say(refusal);
    else if (code === 403) say("You are signed out, or this page is old. Reload it and try again.");
    else say(`That did not work (${code}). What you typed is still here; try again in a moment.`);
  });
})();
