/* Which models a token may use: filters the list as one types and says how many are chosen. */
(() => {
  "use strict";
  const filter = (box) => {
    const words = box.querySelector("[data-token-search]").value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const group of box.querySelectorAll("[data-token-group]")) {
      const rows = [...group.querySelectorAll("[data-words]")];
      for (const row of rows) row.hidden = !words.every((word) => row.dataset.words.toLowerCase().includes(word));
      group.hidden = rows.every((row) => row.hidden);
    }
    box.querySelector("[data-token-none]").hidden = Boolean(box.querySelector("[data-words]:not([hidden])"));
  };

  const count = (box) => {
    const chosen = box.querySelectorAll("input:checked").length;
    box.querySelector("[data-token-count]").textContent = chosen ? `${chosen} chosen` : "None chosen";
  };

  document.addEventListener("input", (event) => {
    const box = event.target.closest?.("[data-token-models]");
    if (!box) return;
    if (event.target.matches("[data-token-search]")) filter(box);
    else count(box);
  });

  /* Enter in the search takes the first model that fits instead of sending the form. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches?.("[data-token-search]")) return;
    event.preventDefault();
    const box = event.target.closest("[data-token-models]");
    if (event.target.value) box.querySelector("[data-words]:not([hidden]) input")?.click();
  });

  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-token-models]").forEach(count));
})();
