/* Carrying pictures of a board to another place. */
(() => {
  "use strict";
  const EDGE = 90;
  let drag = null;

  const tileUnder = (x, y) => {
    const tiles = Proofsheet.wall.mounted().filter((tile) => !drag.carried.has(tile.dataset.tile));
    let best = null;
    let least = Infinity;
    for (const tile of tiles) {
      const box = tile.getBoundingClientRect();
      const across = Math.max(box.left - x, 0, x - box.right);
      const along = Math.max(box.top - y, 0, y - box.bottom);
      const distance = across + along * 4;
      if (distance < least) [best, least] = [{ tile, box }, distance];
    }
    return best;
  };

  const build = (tag, className, parent) => parent.appendChild(Object.assign(document.createElement(tag), { className }));

  const begin = (carried) => {
    drag = carried;
    const { tile } = drag;
    drag.carried = Proofsheet.board.carriedWith(tile);
    drag.ghost = build("div", "board-carried", document.body);
    const picture = build("img", "", drag.ghost);
    picture.src = tile.querySelector("img").currentSrc;
    picture.alt = "";
    if (drag.carried.count > 1) build("b", "", drag.ghost).textContent = drag.carried.count;
    drag.line = build("div", "board-line", document.body);
    for (const other of Proofsheet.wall.mounted()) other.classList.toggle("is-carried", drag.carried.has(other.dataset.tile));
    drag.frame = requestAnimationFrame(scrollAtEdges);
  };

  /* The line stands in the gap where the picture would go. */
  const point = () => {
    const { x, y } = drag;
    drag.ghost.style.translate = `${x + 14}px ${y + 14}px`;
    const found = tileUnder(x, y);
    drag.place = null;
    drag.line.hidden = !found;
    if (!found) return;
    const { tile, box } = found;
    const isBefore = x < box.left + box.width / 2;
    drag.place = { [isBefore ? "before" : "after"]: tile.dataset.tile };
    drag.line.style.height = `${box.height}px`;
    drag.line.style.translate = `${(isBefore ? box.left - 4.5 : box.right + 1.5).toFixed(1)}px ${box.top}px`;
  };

  const scrollAtEdges = () => {
    if (!drag) return;
    const above = EDGE - drag.y;
    const below = drag.y - (innerHeight - EDGE);
    const by = above > 0 ? -above : Math.max(below, 0);
    if (by) {
      scrollBy({ top: by / 4, behavior: "instant" });
      point();
    }
    drag.frame = requestAnimationFrame(scrollAtEdges);
  };

  const end = ({ ghost, line, carried, place, frame }, isDropped) => {
    drag = null;
    cancelAnimationFrame(frame);
    ghost.remove();
    line.remove();
    const settle = () => Proofsheet.wall.mounted().forEach((tile) => tile.classList.remove("is-carried"));
    if (isDropped && place) Proofsheet.board.move(carried, place).finally(settle);
    else settle();
  };

  const take = (event) => {
    const tile = event.target.closest("[data-tile]");
    const isElse = event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest("button, .shot-count");
    return tile && !isElse && { tile };
  };

  Proofsheet.carry({ place: "[data-board]", take, begin, follow: point, end });
})();
