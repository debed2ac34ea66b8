/* Comparisons and matrices: the set-up reckoned anew as it is changed, its dialogs, winners by key. */
(() => {
  "use strict";
  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-opens-dialog]");
    if (opener && !(event.ctrlKey || event.metaKey || event.shiftKey)) document.getElementById(opener.dataset.opensDialog).showModal();
    if (event.target.closest?.("#picker [data-close-dialog]") || event.target.matches?.("#picker[open]")) document.getElementById("picker").close();
  });

  /* The set-up follows its form. It is not exchanged under a button that is being pressed: that press would be lost. */
  const PAUSE = 200;
  const plan = () => document.getElementById("plan");
  let timer = 0;
  let isPressed = false;
  let isDue = false;

  let isStale = false;

  /* An older answer would put back what was there when it was asked for. */
  const forget = () => {
    isStale = true;
    if (plan()) htmx.trigger(plan(), "htmx:abort");
  };

  const reckon = () => {
    forget();
    isStale = false;
    clearTimeout(timer);
    timer = setTimeout(() => {
      isDue = isPressed;
      if (!isPressed && plan()) htmx.trigger(plan(), "proofsheet:plan");
    }, PAUSE);
  };
  for (const kind of ["change", "proofsheet:pictures"]) {
    document.addEventListener(kind, (event) => plan() && event.target.closest?.("#studio-form") && reckon());
  }
  document.addEventListener("input", (event) => event.target.closest?.("#plan") && forget());
  /* What was written and taken back is no change. */
  document.addEventListener("focusout", (event) => isStale && event.target.closest?.("#plan") && reckon());

  document.addEventListener("pointerdown", (event) => (isPressed = Boolean(event.target.closest?.("#plan"))));
  for (const kind of ["pointerup", "pointercancel"]) {
    document.addEventListener(kind, () => {
      isPressed = false;
      if (isDue) reckon();
      isDue = false;
    });
  }

  document.addEventListener("htmx:beforeSwap", (event) => {
    const isReckoned = plan() && event.detail.requestConfig.elt === plan();
    if (!isReckoned || !isPressed) return;
    event.detail.shouldSwap = false;
    isDue = true;
  });

  /* A button that sends the form has it reckoned along. */
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, target } = event.detail;
    if (!plan() || elt === plan() || !target.contains(plan())) return;
    clearTimeout(timer);
    isDue = false;
    forget();
    isStale = false;
  });

  /* 1 to 8 choose the picture of that place. */
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select, dialog");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !/^[1-8]$/.test(event.key)) return;
    const button = document.querySelector(`[data-winner-key="${event.key}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  });

  /* Choices of a page's arrangement are taken at once. */
  document.addEventListener("change", (event) => {
    if (event.target.closest?.("[data-at-once]")) event.target.form.requestSubmit();
  });
})();
