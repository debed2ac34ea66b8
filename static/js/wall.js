/* Arrow keys walk over the wall's pictures: left and right by order, up and down to the nearest one. "/" goes to the search. */
(() => {
  "use strict";
  const middle = (element) => {
    const box = element.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2, height: box.height };
  };

  const nearest = (tiles, from, down) => {
    const start = middle(from);
    let best = null;
    let least = Infinity;
    for (const tile of tiles) {
      const there = middle(tile);
      const step = down ? there.y - start.y : start.y - there.y;
      if (step < start.height * 0.4) continue;
      const cost = step * 3 + Math.abs(there.x - start.x);
      if (cost < least) [best, least] = [tile, cost];
    }
    return best;
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const search = document.getElementById("search");
    if (event.key === "/" && search && !event.target.matches("input, textarea, select")) {
      event.preventDefault();
      search.focus();
      return;
    }
    const tile = event.target.closest?.("[data-tile]");
    if (!tile || !event.key.startsWith("Arrow")) return;
    const tiles = [...tile.closest("[data-wall]").querySelectorAll("[data-tile]")];
    const at = tiles.indexOf(tile);
    const next = {
      ArrowRight: () => tiles[at + 1],
      ArrowLeft: () => tiles[at - 1],
      ArrowDown: () => nearest(tiles.slice(at + 1), tile, true),
      ArrowUp: () => nearest(tiles.slice(0, at), tile, false),
    }[event.key]();
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
})();
