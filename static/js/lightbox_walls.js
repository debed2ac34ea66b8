/* What the lightbox reads from a wall: one whose rows come as one scrolls (Proofsheet.wall), or any [data-wall] whose .shot
   tiles are all in the document. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});

  const linkOf = (tile) => (tile.matches("a") ? tile : tile.querySelector(".shot-link"));

  const plainWall = (root) => {
    const tiles = () => [...root.querySelectorAll(".shot[data-tile]")];
    return {
      root,
      get count() {
        return tiles().length;
      },
      tileAt: async (index) => tiles()[index] ?? null,
      indexOf: (wanted) => tiles().findIndex((tile) => tile === wanted || tile.dataset.tile === String(wanted)),
      show: async (index, { focus = false } = {}) => {
        const tile = tiles()[index] ?? null;
        tile?.scrollIntoView({ block: "nearest" });
        if (focus && tile) linkOf(tile).focus({ preventScroll: true });
        return tile;
      },
    };
  };

  const wallAround = (tile) => {
    const root = tile.closest("[data-wall]");
    return Proofsheet.wall?.root === root ? Proofsheet.wall : plainWall(root);
  };

  /* A tile, or a frame of a strip, as the viewer shows it. `tileId` is the tile that stands for it on the wall. */
  const itemOf = (tile) => {
    const picture = tile.querySelector("img");
    const { width, height, preview, original, count } = tile.dataset;
    return {
      id: Number(tile.dataset.tile ?? tile.dataset.picture),
      tileId: tile.dataset.tile,
      url: linkOf(tile).href,
      src: preview,
      original,
      msrc: picture.currentSrc || picture.src,
      width: Number(width),
      height: Number(height),
      alt: picture.alt,
      count: Number(count ?? 1),
      isCircled: "circled" in tile.dataset,
      element: picture,
      thumbCropped: true,
    };
  };

  /* The wall's tile whose link leads here, after a step forward. */
  const findHere = () => {
    const links = [...document.querySelectorAll("[data-wall] .shot-link")];
    return links.find((link) => new URL(link.href).pathname === location.pathname)?.closest(".shot") ?? null;
  };

  Proofsheet.lightboxWalls = { plainWall, wallAround, itemOf, findHere };
})();
