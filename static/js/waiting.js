/* Moves the bars of waiting tiles against their model's own median. The server's clock counts, not this machine's. */
(() => {
  "use strict";
  let ahead = 0;

  const readClock = () => {
    const now = Number(document.getElementById("live")?.dataset.now);
    if (now) ahead = Date.now() - now;
  };

  const tick = () => {
    for (const tile of document.querySelectorAll("[data-waiting][data-started]")) {
      const seconds = Math.max(0, (Date.now() - ahead - Number(tile.dataset.started)) / 1000);
      const median = Number(tile.dataset.median) || 0;
      const spent = Math.round(seconds);
      const about = Math.round(median);
      let words = `${spent} s`;
      if (median) words += seconds <= median ? ` of about ${about}` : `, usually about ${about}`;
      tile.querySelector("[data-clock]").textContent = words;
      tile.querySelector("[data-bar]").style.width = median ? `${Math.min(1, seconds / median) * 100}%` : "0";
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    readClock();
    tick();
    setInterval(tick, 250);
  });
  document.addEventListener("htmx:load", (event) => {
    if (event.target.id === "live") readClock();
    tick();
  });
})();
