/* Ask about pictures: ready questions, and Ctrl+Enter. */
(() => {
  "use strict";
  const question = () => document.getElementById("prompt");

  document.addEventListener("click", (event) => {
    const chip = event.target.closest?.("[data-question]");
    if (!chip) return;
    question().value = chip.dataset.question;
    question().focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    const button = document.getElementById("generate");
    if (!button.disabled) button.form.requestSubmit(button);
  });
})();
