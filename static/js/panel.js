/* The panel's keys: a key presses the control that names it in data-press, or puts the cursor into it. On a wall the keys are
   shortcuts.js's own; it presses the same controls. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});

  const press = (key) => {
    const control = document.querySelector(`[data-panel] [data-press="${CSS.escape(key.toLowerCase())}"]`);
    if (!control) return false;
    const isTyped = control.matches("input:not([type=radio]), textarea");
    if (!isTyped) control.click();
    else {
      const fold = control.closest("details");
      if (fold) fold.open = true;
      control.focus();
    }
    return true;
  };
  Proofsheet.panel = { press };

  document.addEventListener("keydown", (event) => {
    const isSend = event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches("[data-submits]");
    if (isSend) {
      event.preventDefault();
      event.target.form.requestSubmit();
      return;
    }
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    if (document.querySelector("[data-wall], .pswp, :popover-open, dialog[open]")) return;
    if (event.target.matches("input:not([type=radio]), textarea, select, .code")) return;
    if (/^([0-5a-z]|Delete)$/i.test(event.key) && press(event.key)) event.preventDefault();
  });
})();
