/* "Share" opens its panel over the page: a link or a form with data-share. Without this file both lead to a page of their own. */
(() => {
  "use strict";

  const dialog = () => {
    let found = document.getElementById("share-dialog");
    if (!found) {
      found = document.createElement("dialog");
      found.id = "share-dialog";
      found.className = "dialog share-dialog";
      found.setAttribute("aria-label", "Share");
      found.innerHTML = `<form method="dialog"><button class="button button-bare button-icon button-small share-close" aria-label="Close"><svg class="icon" aria-hidden="true" viewBox="0 0 24 24"><path d="M18 6 6 18M6 6l12 12"/></svg></button></form><div id="share-dialog-content"></div>`;
      document.body.append(found);
    }
    return found;
  };

  const open = async (method, address, values) => {
    const shown = dialog();
    await htmx.ajax(method, address, { target: "#share-dialog-content", swap: "innerHTML", values });
    if (!shown.querySelector(".share-panel")) return;
    if (!shown.open) shown.showModal();
    shown.querySelector("input:checked, button:not(.share-close)")?.focus();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[data-share]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    link.closest("[popover]")?.hidePopover();
    open("GET", link.getAttribute("href"));
  });

  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form[data-share]");
    if (!form) return;
    event.preventDefault();
    open("POST", form.getAttribute("action"), new FormData(form, event.submitter));
  });

  /* Notes lie under the dialog: its buttons tell themselves that they copied. */
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("#share-dialog :is([data-copy], [data-copy-from])");
    if (!button || button.dataset.said) return;
    const before = button.innerHTML;
    button.dataset.said = "1";
    button.style.minWidth = `${button.offsetWidth}px`;
    button.textContent = "Copied";
    setTimeout(() => {
      button.innerHTML = before;
      delete button.dataset.said;
    }, 1800);
  });

  /* A press beside the panel closes it. */
  document.addEventListener("mousedown", (event) => {
    if (event.target.id === "share-dialog") event.target.close();
  });

  const Proofsheet = (window.Proofsheet ??= {});
  Proofsheet.shares = { open };
})();
