/* A button with data-copy puts that text (or the text of the element data-copy-from names) on the clipboard. */
(() => {
  "use strict";
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("[data-copy], [data-copy-from]");
    if (!button) return;
    const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    const text = source ? (source.value ?? source.textContent) : button.dataset.copy;
    let note = "Copied.";
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      /* Plain http on another machine has no clipboard: select the text instead. */
      if (source?.select) source.select();
      else if (source) getSelection().selectAllChildren(source);
      note = "Press Ctrl+C to copy what is selected.";
    }
    document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: note }));
  });
})();
