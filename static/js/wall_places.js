/* Where the sections of a wall are: heights of the wall against pixels of the page, and the place one looks at. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  /* Browsers end an element at some tens of millions of pixels: a higher wall holds a window that moves along. */
  const MOST_PIXELS = 8_000_000;
  const EDGE = 1_500_000;
  const MOST_TILES = 300;
  const AHEAD = 1.5;

  const clamp = (value, low, high) => Math.max(low, Math.min(value, high));

  class WallPlaces {
    constructor(root) {
      this.root = root;
      this.sheet = root.querySelector("[data-wall-sheet]");
      this.heights = null;
      /* The height on the wall at which the page's window onto it begins. */
      this.base = 0;
      /* By their index: sections that are known as elements, and which of them are in the document. */
      this.elements = new Map();
      this.placed = new Set();
    }

    constants() {
      const probe = document.createElement("section");
      probe.className = "day";
      probe.innerHTML = '<h2 class="day-title"></h2>';
      probe.style.visibility = "hidden";
      this.sheet.append(probe);
      const style = getComputedStyle(this.root);
      const title = probe.firstChild.getBoundingClientRect().height;
      probe.remove();
      return {
        width: this.sheet.getBoundingClientRect().width,
        gap: parseFloat(style.getPropertyValue("--gap")),
        title,
        dayGap: parseFloat(style.getPropertyValue("--day-gap")),
      };
    }

    layOut() {
      document.documentElement.style.setProperty("--head", `${this.headHeight}px`);
      this.heights.measure(this.constants());
      this.span = Math.min(this.heights.total, MOST_PIXELS);
      this.base = clamp(this.base, 0, this.heights.total - this.span);
      this.sheet.style.height = `${this.span}px`;
      for (const index of this.placed) this.position(index, this.elements.get(index));
    }

    position(index, element) {
      element.style.top = `${this.heights.tops[index] - this.base}px`;
    }

    get sheetTop() {
      return this.sheet.getBoundingClientRect().top + scrollY;
    }

    /* The height on the wall at the top of the screen. */
    get y() {
      return scrollY - this.sheetTop + this.base;
    }

    /* Above what floats over the end of the screen. */
    get foot() {
      const bar = document.querySelector("[data-wall-foot]:not([hidden])");
      return (bar ? bar.getBoundingClientRect().top : innerHeight) - 8;
    }

    get headHeight() {
      const head = document.querySelector("[data-wall-head]");
      return head ? head.getBoundingClientRect().bottom : 0;
    }

    /* Bring a height of the wall to the top of the screen, below what sticks there. */
    jump(y, below = this.headHeight) {
      this.rebase(y);
      scrollTo({ top: this.sheetTop + y - this.base - below, behavior: "instant" });
    }

    rebase(y) {
      if (this.heights.total <= MOST_PIXELS) return;
      const local = y - this.base;
      const isNearTop = local < EDGE && this.base > 0;
      const isNearEnd = local > this.span - EDGE && this.base + this.span < this.heights.total;
      if (!isNearTop && !isNearEnd) return;
      this.base = clamp(Math.round(y - this.span / 2), 0, this.heights.total - this.span);
      for (const index of this.placed) this.position(index, this.elements.get(index));
    }

    anchor() {
      if (scrollY < 8) return { key: null };
      const line = this.headHeight + (innerHeight - this.headHeight) * 0.4;
      let best = null;
      let least = Infinity;
      for (const tile of this.seen()) {
        const box = tile.getBoundingClientRect();
        const distance = Math.abs((box.top + box.bottom) / 2 - line) + Math.abs(box.left) / 1e5;
        if (distance < least) [best, least] = [{ key: Number(tile.dataset.key), top: box.top, tile }, distance];
      }
      return best;
    }

    /* Tiles of the rows on the screen. */
    seen() {
      const isSeen = (element) => {
        const box = element.getBoundingClientRect();
        return box.bottom > this.headHeight && box.top < innerHeight;
      };
      const sections = [...this.placed].map((index) => this.elements.get(index)).filter(isSeen);
      const rows = sections.flatMap((section) => [...section.querySelectorAll(".row")]).filter(isSeen);
      return rows.flatMap((row) => [...row.querySelectorAll("[data-tile]")]);
    }

    returnTo(anchor) {
      if (!anchor || anchor.key === null) return;
      const tile = this.sheet.querySelector(`[data-key="${anchor.key}"]`);
      if (tile) scrollBy({ top: tile.getBoundingClientRect().top - anchor.top, behavior: "instant" });
    }

    keepPlace(change) {
      const anchor = this.anchor();
      change();
      this.returnTo(anchor);
    }

    /* Sections on the screen and around it, the nearest first, as many as the page bears. */
    wanted(y) {
      const { sections, tops, heights } = this.heights;
      const ahead = innerHeight * AHEAD;
      let low = this.heights.at(y);
      let high = low;
      const found = [low];
      let tiles = sections[low].count;
      const take = (index) => {
        found.push(index);
        tiles += sections[index].count;
      };
      while (sections[high + 1] && tops[high + 1] < y + innerHeight) take(++high);
      for (;;) {
        const below = sections[high + 1] && tops[high + 1] < y + innerHeight + ahead && tiles + sections[high + 1].count <= MOST_TILES;
        if (below) take(++high);
        const above = sections[low - 1] && tops[low - 1] + heights[low - 1] > y - ahead && tiles + sections[low - 1].count <= MOST_TILES;
        if (above) take(--low);
        if (!below && !above) return found;
      }
    }
  }

  Proofsheet.WallPlaces = WallPlaces;
})();
