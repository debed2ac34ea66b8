/* Notes that leave by themselves, except while somebody is on them; and a plain note when the server could not be reached. */
(() => {
  "use strict";
  const STAY = 7000;
  const region = document.getElementById("toasts");

  const dismissLater = (toast) => {
    if (toast.dataset.timed) return;
    toast.dataset.timed = "1";
    setTimeout(function leave() {
      if (toast.matches(":hover, :focus-within")) setTimeout(leave, STAY / 2);
      else toast.remove();
    }, STAY);
  };

  const say = (text) => {
    for (const old of region.querySelectorAll(".toast")) if (old.textContent === text) old.remove();
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.textContent = text;
    region.append(toast);
    dismissLater(toast);
  };

  new MutationObserver(() => region.querySelectorAll("[data-toast]").forEach(dismissLater)).observe(region, { childList: true });
  region.querySelectorAll("[data-toast]").forEach(dismissLater);

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-dismiss]");
    if (button) button.closest("[data-toast], [data-note]").remove();
  });
  document.addEventListener("proofsheet:say", (event) => say(event.detail));

  /* The poller fails quietly: it asks again by itself. */
  const isPoller = (event) => event.detail.elt?.id === "live";
  document.addEventListener("htmx:sendError", (event) => {
    if (!isPoller(event)) say("The server did not answer. What you typed is still here; try again in a moment.");
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (isPoller(event)) return;
    const code = event.detail.xhr.status;
    if (code === 403) say("You are signed out, or this page is old. Reload it and try again.");
    else say(`That did not work (${code}). What you typed is still here; try again in a moment.`);
  });
})();
