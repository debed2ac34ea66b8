/* The one caption of a wall: over the picture that is pointed at or has the focus, beside it where the picture is small. */
(() => {
  "use strict";
  const SMALL = { width: 150, height: 96 };
  const caption = document.createElement("div");
  caption.className = "shot-words";
  caption.setAttribute("aria-hidden", "true");
  const prompt = caption.appendChild(Object.assign(document.createElement("p"), { className: "shot-prompt", dir: "auto" }));
  const facts = caption.appendChild(Object.assign(document.createElement("p"), { className: "margin" }));

  const show = (tile) => {
    const { model, owner, age, cost } = tile.dataset;
    prompt.textContent = tile.querySelector("img")?.alt ?? "";
    facts.textContent = [model, owner, age, cost].filter(Boolean).join(" · ");
    const sheet = tile.closest("[data-wall-sheet]");
    const from = tile.getBoundingClientRect();
    const to = sheet.getBoundingClientRect();
    const isApart = from.width < SMALL.width || from.height < SMALL.height;
    caption.classList.toggle("is-apart", isApart);
    if (!isApart) {
      caption.style.cssText = "";
      tile.append(caption);
      return;
    }
    sheet.append(caption);
    caption.style.left = `${Math.max(0, Math.min(from.left - to.left, to.width - caption.offsetWidth))}px`;
    const isBelow = from.bottom + caption.offsetHeight + 8 < innerHeight;
    caption.style.top = `${isBelow ? from.bottom - to.top + 6 : from.top - to.top - caption.offsetHeight - 6}px`;
  };

  document.addEventListener("mouseover", (event) => {
    const tile = event.target.closest?.("[data-wall-sheet] [data-tile]");
    if (!tile) caption.remove();
    else if (!tile.contains(caption) && !(caption.isConnected && event.relatedTarget && tile.contains(event.relatedTarget))) show(tile);
  });
  document.addEventListener("focusin", (event) => {
    const tile = event.target.matches(":focus-visible") && event.target.closest?.("[data-wall-sheet] [data-tile]");
    if (tile) show(tile);
    else caption.remove();
  });
})();
