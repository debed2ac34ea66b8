/* The lightbox: a wall's pictures one by one over it, in the wall's order, under the address of the picture that is shown.
   Left and right step, Home and End jump, up and down step through a stack, I shows the panel, Escape and Back close it. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const REST = 140;
  const NEAR = 3;
  const ALMOST = 60;
  const PATIENCE = 400;
  const { wallAround, itemOf, findHere } = Proofsheet.lightboxWalls;
  let box = null;
  /* Steps back that closing made itself. */
  let expected = 0;

  const isTyping = (target) => target.matches?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const isElsewhere = () => Boolean(document.querySelector("dialog[open], :popover-open"));

  class Lightbox {
    constructor(wall, index, tile) {
      this.wall = wall;
      this.items = new Map([[index, itemOf(tile)]]);
      this.asked = new Set();
      this.title = document.title;
      this.end = new AbortController();
      this.frame = document.getElementById("lightbox-parts").content.firstElementChild.cloneNode(true);
      this.parts = Object.fromEntries([...this.frame.querySelectorAll("[data-lightbox]")].map((part) => [part.dataset.lightbox, part]));
      document.body.append(this.frame);
      this.inert = [...document.body.children].filter((each) => each.matches("main, nav, aside, .skip, .selection-bar") && !each.inert);
      for (const each of this.inert) each.inert = true;
      Object.assign(this, Proofsheet.lightboxParts(this));
      this.listen();
      this.open(index);
      this.frame.focus({ preventScroll: true });
    }

    open(index) {
      Proofsheet.openViewer({
        index,
        appendToEl: this.frame,
        count: () => Math.max(this.wall.count || this.wall.mounted().length, index + 1),
        itemAt: (at) => this.itemAt(at),
        thumbnailOf: (at) => this.thumbnailOf(at),
        prepare: (viewer) => this.prepare(viewer),
        close: false,
        escKey: false,
        trapFocus: false,
        returnFocus: false,
        bgClickAction: () => this.leave(),
        getViewportSizeFn: () => ({ x: innerWidth - (this.panel?.widthBeside ?? 0), y: innerHeight - (this.panel?.heightBelow ?? 0) }),
        paddingFn: (_, item) => {
          const side = innerWidth > 760 ? 60 : 0;
          const below = this.panel?.heightBelow ? 12 : item.count > 1 ? 88 : this.words?.room(item) || 28;
          return { top: 56, bottom: below, left: side, right: side };
        },
      });
    }

    prepare(viewer) {
      this.viewer = viewer;
      viewer.on("change", () => this.turn());
      viewer.on("keydown", (event) => {
        const { target, defaultPrevented } = event.originalEvent;
        if (defaultPrevented || isElsewhere() || isTyping(target) || this.isInPanel(target)) event.preventDefault();
      });
      /* The frame is the dialog; PhotoSwipe's own element is only its stage. */
      viewer.on("firstUpdate", () => {
        viewer.element.setAttribute("role", "presentation");
        viewer.element.removeAttribute("tabindex");
      });
      viewer.on("zoomPanUpdate", () => viewer.opener.isOpen && this.frame.classList.toggle("is-zoomed", this.isZoomed));
      viewer.on("openingAnimationEnd", () => this.isLeaving && viewer.close());
      viewer.on("close", () => this.closing());
      viewer.on("destroy", () => this.gone());
    }

    listen() {
      const { signal } = this.end;
      this.frame.addEventListener("click", (event) => this.press(event));
      document.addEventListener("keydown", (event) => this.key(event), { signal });
      document.addEventListener("wall:count", () => this.settle(), { signal });
      document.addEventListener("wall:more", () => this.grow(), { signal });
      document.addEventListener("pictures:changed", (event) => this.changed(event.detail ?? {}), { signal });
    }

    /* Pictures --------------------------------------------------------------------------------------------------------- */

    get index() {
      return this.viewer.currIndex;
    }

    get item() {
      return this.items.get(this.index);
    }

    get isZoomed() {
      const { currZoomLevel, zoomLevels } = this.viewer.currSlide;
      return currZoomLevel > zoomLevels.initial * 1.02;
    }

    itemAt(index) {
      const item = this.items.get(index);
      if (!item) this.ask(index);
      return item ?? { type: "html", html: "" };
    }

    async ask(index) {
      if (index < 0 || this.items.has(index) || this.asked.has(index)) return;
      this.asked.add(index);
      const tile = await this.wall.tileAt(index);
      this.asked.delete(index);
      if (tile && !this.isGone && !this.items.has(index)) this.put(index, itemOf(tile));
    }

    askAround() {
      for (let step = 1; step <= NEAR; step += 1) for (const near of [this.index + step, this.index - step]) this.ask(near);
    }

    put(index, item) {
      this.items.set(index, item);
      if (Math.abs(index - this.index) <= 1) this.viewer.refreshSlideContent(index);
    }

    /* Where the picture is on the wall, if that can be seen. */
    thumbnailOf(index) {
      const picture = this.wall.root.querySelector(`[data-tile="${this.items.get(index)?.tileId}"] img`);
      const place = picture?.getBoundingClientRect();
      return place?.width && place.bottom > 0 && place.top < innerHeight ? picture : undefined;
    }

    /* Another picture is shown, or the one that is shown has come. */
    turn() {
      const { item, index } = this;
      this.frame.classList.remove("is-zoomed");
      this.tell();
      this.askAround();
      if (this.wall.more && index > this.wall.count - ALMOST) this.wall.extend?.();
      if (!item || item === this.shown) return;
      this.shown = item;
      this.setCircled(item.isCircled);
      this.panel?.turn(item);
      this.words?.turn(item);
      clearTimeout(this.resting);
      this.resting = setTimeout(() => this.rest(item, index), REST);
    }

    /* What follows once one stays: the address (browsers allow only so many changes), and the wall below, unseen. */
    rest(item, index) {
      if (this.isLeaving || item !== this.item) return;
      history.replaceState({ ...history.state, lightbox: true }, "", item.url);
      document.title = `${item.alt.slice(0, 50) || "Picture"} · Proofsheet`;
      this.wall.show(index, { stillWanted: () => !this.isGone && item === this.item });
      this.strip?.turn(item);
      this.parts.live.textContent = `${this.parts.position.textContent}: ${item.alt}`;
    }

    tell() {
      const { index, item, parts } = this;
      const total = this.viewer.getNumItems();
      const number = (value) => value.toLocaleString("en");
      const within = this.strip && this.strip.tile === item?.tileId ? (this.strip.position ?? "") : "";
      parts.position.textContent = `${number(index + 1)} of ${number(total)}${this.wall.more || !this.wall.count ? "+" : ""}${within}`;
      parts.previous.disabled = index === 0;
      parts.next.disabled = index >= total - 1;
      if (item) parts.page.href = item.url;
    }

    /* Circles ---------------------------------------------------------------------------------------------------------- */

    setCircled(isCircled) {
      this.item.isCircled = isCircled;
      this.parts.circle?.setAttribute("aria-pressed", String(isCircled));
    }

    circle() {
      const own = this.panel?.control("f");
      const { id, isCircled } = this.item;
      this.setCircled(!isCircled);
      if (own) own.click();
      else window.htmx.ajax("POST", `/images/${id}/mark/`, { source: this.parts.circle, swap: "none", values: { favourite: isCircled ? "0" : "1" } });
    }

    /* What others changed ---------------------------------------------------------------------------------------------- */

    changed({ removed = [] }) {
      if (!removed.map(Number).includes(this.item?.id)) return;
      if (this.wall.count <= removed.length) this.leave();
      else this.isLost = true;
    }

    /* The wall goes on: so does what follows the last picture. */
    grow() {
      this.tell();
      this.askAround();
      this.viewer.setContent(this.viewer.mainScroll.itemHolders[2], this.index + 1);
    }

    /* The wall was counted anew: the same picture may have another number, or be gone. */
    settle() {
      const { item, index } = this;
      const found = item && !this.isLost ? this.wall.indexOf(item.tileId) : -1;
      const at = this.isLost ? Math.min(index, this.wall.count - 1) : found < 0 ? index : found;
      if (!this.isLost && at === index) {
        this.tell();
        this.askAround();
        return;
      }
      this.items = new Map(this.isLost ? [] : [[at, item]]);
      this.isLost = false;
      for (let near = Math.min(index, at) - 6; near <= Math.max(index, at) + 6; near += 1) this.viewer.contentLoader.removeByIndex(near);
      this.viewer.currIndex = this.viewer.potentialIndex = at;
      this.viewer.mainScroll.itemHolders.forEach((holder, step) => this.viewer.setContent(holder, at - 1 + step, true));
      this.turn();
    }

    /* Keys and buttons ------------------------------------------------------------------------------------------------- */

    isInPanel(target) {
      return Boolean(this.parts.panel?.contains(target));
    }

    press(event) {
      const part = event.target.closest("[data-lightbox]")?.dataset.lightbox;
      const acts = {
        close: () => this.leave(),
        previous: () => this.viewer.prev(),
        next: () => this.viewer.next(),
        circle: () => this.circle(),
        info: () => this.panel.toggle(),
        fold: () => this.panel.toggle(),
      };
      acts[part]?.();
    }

    key(event) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || isElsewhere()) return;
      if (event.key === "Escape") this.escape(event);
      else if (isTyping(event.target) || this.panel?.key(event) || this.isInPanel(event.target) || this.strip?.key(event)) return;
      else this.jump(event);
    }

    escape(event) {
      event.preventDefault();
      if (isTyping(event.target)) this.frame.focus({ preventScroll: true });
      else if (!this.panel?.closeSheet()) this.leave();
    }

    /* The wall below is not to scroll. */
    jump(event) {
      const to = { Home: 0, End: this.viewer.getNumItems() - 1, PageUp: this.index, PageDown: this.index }[event.key];
      const isSpace = event.key === " " && !event.target.matches?.("a, button");
      if (to === undefined && !isSpace) return;
      event.preventDefault();
      if (to !== undefined) this.viewer.goTo(to);
    }

    /* The end ---------------------------------------------------------------------------------------------------------- */

    /* Back to the wall, at the picture one ended on; rows that come late do not keep one here. */
    async leave() {
      if (this.isLeaving) return;
      this.isLeaving = true;
      await Promise.race([this.wall.show(this.index, { stillWanted: () => !this.isGone }), new Promise((resolve) => setTimeout(resolve, PATIENCE))]);
      this.viewer.close();
    }

    /* By `leave`, or by a gesture of the viewer. */
    closing() {
      this.isLeaving = true;
      this.last = this.index;
      this.end.abort();
      clearTimeout(this.resting);
      this.frame.classList.add("is-closing");
      if (this.isReturned) return;
      expected += 1;
      history.back();
    }

    async gone() {
      this.isGone = true;
      box = null;
      document.title = this.title;
      for (const each of this.inert) each.inert = false;
      this.frame.remove();
      const y = scrollY;
      /* Not any more where somebody has gone on meanwhile. */
      const stillWanted = () => !box && document.activeElement === document.body && Math.abs(scrollY - y) < 2;
      await this.wall.show(this.last, { focus: true, stillWanted });
      /* The wall keeps its place for the way back here. */
      dispatchEvent(new Event("scroll"));
    }
  }

  const open = (wall, index, tile) => {
    if (!box && tile && index >= 0) box = new Lightbox(wall, index, tile);
  };

  const enter = (wall, index, tile) => {
    if (box || !tile || index < 0) return;
    history.pushState({ lightbox: true }, "", itemOf(tile).url);
    open(wall, index, tile);
  };

  Proofsheet.lightbox = {
    get isOpen() {
      return Boolean(box);
    },
    current: () => box?.item?.id ?? null,
    close: () => box?.leave(),
    circle: () => box?.item && box.circle(),
    async open(index) {
      const wall = Proofsheet.wall ?? wallAround(document.querySelector("[data-wall] .shot"));
      enter(wall, index, await wall.tileAt(index));
    },
  };

  /* At the window, so that whoever selects tiles by a click comes first. */
  addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-wall] .shot-link");
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !window.PhotoSwipe) return;
    const tile = link.closest(".shot");
    const wall = wallAround(tile);
    /* What was thrown away is looked at where it can be taken back. */
    if (new URLSearchParams(wall.root.dataset.query).get("show") === "trash") return;
    event.preventDefault();
    enter(wall, wall.indexOf(tile), tile);
  });

  /* Nobody else is to answer steps between the wall and a picture over it: the document was never left. */
  addEventListener(
    "popstate",
    (event) => {
      if (expected) {
        expected -= 1;
      } else if (box) {
        box.isReturned = true;
        box.leave();
      } else if (event.state?.lightbox) {
        const tile = findHere();
        if (tile) open(wallAround(tile), wallAround(tile).indexOf(tile), tile);
        else location.reload();
      } else return;
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
})();
