/* The wall beyond its first page: sections are in the document only while they are near the screen; all others are known by
   their heights, so that nothing jumps and the scroll bar tells the truth. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const PAUSE = 120;
  const STILL = 180;
  const BREATH = 1000;
  const MOST_UNASKED = 1_000_000;

  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const idle = () => new Promise((resolve) => setTimeout(() => (window.requestIdleCallback ?? setTimeout)(resolve), BREATH));
  const linkOf = (tile) => tile.querySelector(".shot-link");

  class Wall extends Proofsheet.WallSections {
    constructor(root) {
      super(root);
      this.query = root.dataset.query;
      this.width = 0;
      this.readied = new Promise((resolve) => (this.isReadied = resolve));
      this.end = new AbortController();
      this.rove(this.mounted(), this.mounted()[0]);
    }

    /* Busy as long as what hangs may still give way to other rows. */
    async begin() {
      this.root.setAttribute("aria-busy", "true");
      await this.start();
      this.root.removeAttribute("aria-busy");
      this.goOn();
    }

    async start() {
      const isTop = !/[?&](before|after)=/.test(location.search);
      const answer = await this.source.listAtLast(this.end.signal);
      if (!answer || this.end.signal.aborted) return;
      const ready = [...this.sheet.querySelectorAll("[data-section]")];
      /* The page keeps its height, or it would scroll up while the sections change hands. */
      this.sheet.style.height = `${this.sheet.getBoundingClientRect().height}px`;
      this.take({ ...answer, heights: new Proofsheet.Heights(answer.sections) });
      const first = ready[0] && this.heights.ofKey(Number(ready[0].dataset.first));
      for (const element of ready) this.adopt(element);
      this.root.classList.add("is-placed");
      this.root.querySelectorAll(".wall-way").forEach((way) => way.remove());
      this.resize();
      this.listen();
      const kept = history.state?.wall;
      if (kept) await this.goTo(kept.key, kept.top);
      else if (!isTop && first) this.jump(this.heights.tops[first]);
      this.update();
      this.isReadied();
      tell("wall:ready", this.root);
      tell("wall:count", this.count);
      const chosen = Proofsheet.layout?.();
      if (chosen && (String(chosen.across) !== this.root.dataset.across || chosen.layout !== this.root.dataset.layout)) await this.refresh(chosen);
    }

    stop() {
      this.end.abort();
      this.observer?.disconnect();
    }

    listen() {
      const { signal } = this.end;
      addEventListener("scroll", () => this.schedule(), { passive: true, signal });
      addEventListener("resize", () => this.schedule(), { passive: true, signal });
      addEventListener("pagehide", () => this.rest(), { signal });
      this.root.addEventListener("focusin", (event) => this.rove([], event.target.closest("[data-tile]")), { signal });
      this.observer = new ResizeObserver(() => this.resize());
      this.observer.observe(this.sheet);
    }

    resize() {
      const width = this.sheet.getBoundingClientRect().width;
      if (!width || Math.abs(width - this.width) < 0.01) return;
      const anchor = this.width ? this.lastAnchor : null;
      this.width = width;
      this.layOut();
      if (anchor) this.returnTo(anchor);
      this.update();
    }

    /* Put the picture with this key so far below the top of the screen. */
    async goTo(key, top) {
      if (!this.heights.sections.length) return;
      const index = this.heights.ofKey(key);
      this.jump(this.heights.tops[index], 0);
      const element = await this.load(index);
      if (!element) return;
      this.place(index);
      this.returnTo({ key: this.closest(element, key), top });
    }

    /* The picture may be gone: its neighbour then. */
    closest(element, key) {
      const keys = [...element.querySelectorAll("[data-tile]")].map((tile) => Number(tile.dataset.key));
      return keys.find((each) => each <= key) ?? keys.at(-1);
    }

    /* What is in the document -------------------------------------------------------------------------------------------- */

    schedule() {
      this.frame ??= requestAnimationFrame(() => {
        this.frame = null;
        this.update();
      });
    }

    update() {
      if (!this.heights?.sections.length || !this.width) return;
      const y = this.y;
      const before = this.base;
      this.rebase(y);
      if (this.base !== before) scrollTo({ top: this.sheetTop + y - this.base, behavior: "instant" });
      const wanted = this.wanted(y);
      for (const index of [...this.placed]) if (!wanted.includes(index)) this.unplace(index);
      this.placeSome(wanted, y);
      const isFar = this.isDragged || Math.abs(y - (this.lastY ?? y)) > innerHeight * 2;
      this.lastY = y;
      this.fill(wanted, isFar);
      this.settle();
      if (this.goesOn(this.series) && y + innerHeight * 6 > this.heights.total) this.extend();
    }

    /* What is on the screen at once, of what is around it one in each frame: a section is some hundred elements. */
    placeSome(wanted, y) {
      const { tops, heights } = this.heights;
      let isMade = false;
      for (const index of wanted) {
        if (this.placed.has(index)) continue;
        const isSeen = tops[index] < y + innerHeight && tops[index] + heights[index] > y;
        if (!isSeen && isMade) {
          this.schedule();
          return;
        }
        this.place(index);
        isMade = true;
      }
    }

    place(index) {
      if (this.placed.has(index)) return;
      const element = this.elements.get(index) ?? this.waiting(index);
      this.elements.delete(index);
      this.elements.set(index, element);
      this.position(index, element);
      const next = [...this.placed].filter((each) => each > index).sort((a, b) => a - b)[0];
      this.sheet.insertBefore(element, next === undefined ? null : this.elements.get(next));
      this.placed.add(index);
      if (!element.matches("[data-waits]")) this.mount(element);
    }

    /* The one that has the focus stays, or the keyboard would lose its place. */
    unplace(index) {
      const element = this.elements.get(index);
      if (element.contains(document.activeElement)) return;
      element.remove();
      this.placed.delete(index);
      this.forget(index);
      if (element.matches("[data-waits]")) this.elements.delete(index);
      this.prune();
    }

    fill(wanted, isFar) {
      clearTimeout(this.pause);
      const missing = wanted.filter((index) => this.placed.has(index) && this.elements.get(index).matches("[data-waits]"));
      if (!missing.length) return;
      if (isFar) this.pause = setTimeout(() => this.fill(this.wanted(this.y), false), PAUSE);
      else for (const group of this.groups(missing.filter((index) => !this.loads.has(index)))) this.load(group[0], group);
    }

    mount(element) {
      this.rove([...element.querySelectorAll("[data-tile]")]);
      tell("wall:mount", element);
      this.settle();
    }

    /* Tab reaches one picture of the wall: the one that had the focus last, else the first that is seen once it rests. */
    rove(tiles, current = null) {
      const give = (tile, value) => tile.querySelectorAll("a").forEach((link) => (link.tabIndex = value));
      for (const tile of tiles) if (tile !== this.current) give(tile, -1);
      if (current && current !== this.current) {
        if (this.current) give(this.current, -1);
        this.current = current;
      }
      if (this.current) give(this.current, 0);
    }

    /* It rests once nothing has moved or come for a moment. */
    settle() {
      clearTimeout(this.stillness);
      this.stillness = setTimeout(() => this.rest(), STILL);
    }

    /* Where nothing hangs yet that could be seen, the place that was noted last stays. */
    rest() {
      clearTimeout(this.stillness);
      this.stillness = null;
      if (this.end.signal.aborted) return;
      const anchor = this.anchor();
      if (anchor) this.note(anchor);
      if (!this.current?.isConnected) this.rove([], this.seen()[0]);
      tell("wall:rest", null);
    }

    note(anchor) {
      this.lastAnchor = anchor;
      const kept = anchor.key === null ? null : { key: anchor.key, top: anchor.top };
      history.scrollRestoration = "manual";
      history.replaceState({ ...history.state, wall: kept }, "");
    }

    /* While nothing else happens: what a long list left out, as far as this key, so that the scroll bar and the scrubber tell
       of all. */
    async goOn(key = 0) {
      const { series } = this;
      while (this.goesOn(series) && this.more > key && this.count < MOST_UNASKED) {
        await idle();
        if (this.goesOn(series)) await this.extend();
      }
    }

    goesOn(series) {
      return Boolean(this.more) && series === this.series && !this.source.isRefused && !this.end.signal.aborted;
    }

    /* All of the list, at once. */
    async whole(stillWanted) {
      const { series } = this;
      while (this.goesOn(series) && stillWanted()) await this.extend();
    }

    /* Who asks meanwhile waits for the same answer. */
    extend() {
      const { series } = this;
      if (this.extending?.series !== series) this.extending = { series, promise: this.fetchMore(series).finally(() => this.extended(series)) };
      return this.extending.promise;
    }

    extended(series) {
      if (this.extending?.series === series) this.extending = null;
    }

    async fetchMore(series) {
      const answer = await this.source.listAtLast(this.end.signal, { before: this.more });
      if (!answer || series !== this.series || this.end.signal.aborted) return;
      this.heights.add(answer.sections);
      this.count = this.heights.count;
      this.more = answer.more;
      this.layOut();
      this.update();
      tell("wall:more", this.count);
    }

    /* For others ------------------------------------------------------------------------------------------------------- */

    mounted() {
      return [...this.sheet.querySelectorAll("[data-tile]")];
    }

    indexOf(tile) {
      const id = typeof tile === "object" ? tile?.dataset.tile : String(tile);
      for (const [index, element] of this.elements) {
        const tiles = [...element.querySelectorAll("[data-tile]")];
        const at = tiles.findIndex((each) => each.dataset.tile === id);
        if (at >= 0) return (this.heights?.starts[index] ?? 0) + at;
      }
      return this.heights ? -1 : this.mounted().findIndex((each) => each.dataset.tile === id);
    }

    /* Until the list has come, the pictures that came with the page are all. */
    async tileAt(index) {
      if (!this.heights) return this.mounted()[index] ?? null;
      if (index < 0 || index >= this.count) return null;
      const section = this.heights.ofIndex(index);
      /* What was scrolled past meanwhile is asked for again. */
      const element = (await this.load(section)) ?? (await this.load(section));
      return element?.querySelectorAll("[data-tile]")[index - this.heights.starts[section]] ?? null;
    }

    /* Rows may come late: `stillWanted` tells whether whoever asked for them would still go there. */
    async show(index, { focus = false, stillWanted = () => true } = {}) {
      const tile = await this.tileAt(index);
      if (!tile || !stillWanted()) return null;
      if (!tile.isConnected) {
        const section = this.heights.ofIndex(index);
        this.jump(this.heights.tops[section]);
        this.place(section);
      }
      const box = tile.getBoundingClientRect();
      const head = this.headHeight + 8;
      if (box.top < head) scrollBy({ top: box.top - head, behavior: "instant" });
      else if (box.bottom > this.foot) scrollBy({ top: Math.min(box.bottom - this.foot, box.top - head), behavior: "instant" });
      if (focus) linkOf(tile).focus({ preventScroll: true });
      this.update();
      return tile;
    }

    /* The page as it is without pictures. Only its content is fetched: the note that tells what was done stays. */
    async showEmpty() {
      this.stop();
      const response = await fetch(location.href).catch(() => null);
      const page = response?.ok && new DOMParser().parseFromString(await response.text(), "text/html").getElementById("main");
      if (!page) return location.reload();
      document.getElementById("main").replaceWith(page);
      htmx.process(page);
    }

    /* Ask anew, with another layout if one is given; the picture one looks at stays in its place, and what hangs there hangs
       until the new rows have come. */
    async refresh(layout = {}) {
      await this.readied;
      this.asking?.abort();
      const { signal } = (this.asking = new AbortController());
      const list = await this.listAsFar({ signal, layout });
      if (!list || this.end.signal.aborted) return;
      if (!list.heights.sections.length) return this.showEmpty();
      const fresh = await this.fetchAround(list.heights, (this.anchor() ?? this.lastAnchor)?.key, { signal, layout });
      if (signal.aborted || this.end.signal.aborted) return;
      const anchor = this.anchor() ?? this.lastAnchor;
      const focused = document.activeElement?.closest?.("[data-tile]")?.dataset.key;
      const known = this.more ?? 0;
      Object.assign(this.root.dataset, layout);
      this.take(list);
      this.layOut();
      for (const element of fresh) this.receive(this.heights.ofKey(Number(element.dataset.first)), element);
      if (anchor?.key != null) await this.goTo(anchor.key, anchor.top);
      this.update();
      if (focused) linkOf(this.sheet.querySelector(`[data-key="${focused}"]`) ?? this.mounted()[0])?.focus({ preventScroll: true });
      tell("wall:count", this.count);
      this.goOn(known);
    }

    /* The lowest key of what hangs. */
    get lowest() {
      return Math.min(...[...this.placed].map((index) => this.heights.sections[index].last));
    }

    /* The list from its beginning to what hangs now. */
    async listAsFar(options) {
      const answer = await this.source.list({}, options);
      if (!answer) return null;
      const heights = new Proofsheet.Heights(answer.sections);
      let { more } = answer;
      while (more && more > this.lowest) {
        const next = await this.source.list({ before: more }, options);
        if (!next) return null;
        heights.add(next.sections);
        more = next.more;
      }
      return { heights, more, pictures: answer.pictures };
    }

    /* Sections of another list that will be seen around this picture. */
    async fetchAround(heights, key, options) {
      heights.measure(this.constants());
      const at = heights.ofKey(key ?? heights.sections[0].first);
      const isNear = (_, index) =>
        heights.tops[index + 1] > heights.tops[at] - innerHeight && heights.tops[index] < heights.tops[at] + heights.heights[at] + innerHeight;
      const near = heights.sections.map((_, index) => index).filter(isNear);
      const groups = this.groups(near, heights.sections);
      const found = await Promise.all(groups.map((group) => this.source.sections(group.map((index) => heights.sections[index]), options)));
      return found.flatMap((elements) => elements || []);
    }

    /* One after the other: what is asked for last holds what was done last. */
    redraw(ids) {
      const draw = () => this.drawAnew(ids);
      this.redrawing = (this.redrawing ?? Promise.resolve()).then(draw, draw);
    }

    async drawAnew(ids) {
      const tiles = new Set(ids.map(String));
      for (const [index, element] of [...this.elements]) {
        const old = [...element.querySelectorAll("[data-tile]")].filter((tile) => tiles.has(tile.dataset.tile));
        if (!old.length) continue;
        if (!this.placed.has(index)) {
          this.elements.delete(index);
          continue;
        }
        const { first, last } = this.heights.sections[index];
        const fresh = await this.source.sections([{ first, last }]);
        for (const tile of old) {
          const drawn = fresh?.[0]?.querySelector(`[data-tile="${tile.dataset.tile}"]`);
          if (!drawn || !tile.isConnected) continue;
          const hadFocus = tile.contains(document.activeElement);
          if (this.current === tile) this.current = drawn;
          tile.replaceWith(drawn);
          if (hadFocus) linkOf(drawn).focus({ preventScroll: true });
        }
        this.mount(element);
      }
    }
  }

  const setUp = () => {
    const root = document.querySelector("[data-wall][data-sections-url]");
    if (root === Proofsheet.wall?.root) return;
    Proofsheet.wall?.stop();
    Proofsheet.wall = root ? new Wall(root) : null;
    Proofsheet.wall?.begin();
  };

  document.addEventListener("htmx:load", setUp);
  let change = 0;
  document.addEventListener("wall:layout", (event) => {
    clearTimeout(change);
    change = setTimeout(() => Proofsheet.wall?.refresh(event.detail), PAUSE);
  });
  document.addEventListener("pictures:changed", (event) => {
    const { ids = [], removed = [], all = false } = event.detail ?? {};
    if (removed.length || all) Proofsheet.wall?.refresh();
    else Proofsheet.wall?.redraw(ids);
  });
  setUp();
})();
