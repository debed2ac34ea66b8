/* Arrow keys walk over pictures, here on the wall or in the dialog of stored ones: left and right by order, up and down to
   the nearest one. "/" goes to the search. On a wall that is not wholly there, wall.js brings what the next step needs. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});

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

  const targetOf = (tile) => (tile.matches("a, button") ? tile : tile.querySelector("a, button"));

  const go = (tile) => {
    if (!tile) return false;
    targetOf(tile).focus();
    return true;
  };

  /* Over the edge of what is there. */
  const goFar = (tile, step) => {
    const wall = Proofsheet.wall;
    if (!wall?.root.contains(tile)) return false;
    const index = wall.indexOf(tile) + step;
    if (index < 0 || index >= wall.count) return false;
    wall.show(index, { focus: true });
    return true;
  };

  /* Whether there was a picture in that direction. */
  const move = (tile, key) => {
    const tiles = [...tile.closest("[data-wall]").querySelectorAll("[data-tile]")];
    const at = tiles.indexOf(tile);
    const across = Number(tile.closest("[data-wall]").dataset.across) || 1;
    const moves = {
      ArrowRight: () => go(tiles[at + 1]) || goFar(tile, 1),
      ArrowLeft: () => go(tiles[at - 1]) || goFar(tile, -1),
      ArrowDown: () => go(nearest(tiles.slice(at + 1), tile, true)) || goFar(tile, across),
      ArrowUp: () => go(nearest(tiles.slice(0, at), tile, false)) || goFar(tile, -across),
    };
    return Boolean(moves[key]?.());
  };
  Proofsheet.arrows = { move };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const search = document.getElementById("search");
    if (event.key === "/" && search && !event.target.matches("input, textarea, select")) {
      event.preventDefault();
      search.focus();
      return;
    }
    const tile = event.target.closest?.("[data-tile]");
    if (tile && move(tile, event.key)) event.preventDefault();
  });
})();
