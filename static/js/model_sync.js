/* The button says how many models are chosen. */
(() => {
  "use strict";
  const count = (form) => {
    const chosen = form.querySelectorAll("[name=model]:checked").length;
    form.querySelector("[data-sync-count]").textContent = ` ${chosen}`;
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("[data-sync]");
    if (form) count(form);
  });
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-sync]").forEach(count));
})();
