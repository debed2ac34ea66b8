/* Beside the lightbox's picture: the panel with everything known about it (a sheet on small screens), and the strip of its run.
   `box` is the lightbox. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const KEPT = "lightbox-panel";
  const WIDTH = 400;
  const SHEET = 0.6;
  const PAUSE = 140;
  const wide = matchMedia("(min-width: 1000px)");

  const read = () => {
    try {
      return localStorage.getItem(KEPT) === "1";
    } catch {
      return false;
    }
  };
  const write = (isOpen) => {
    try {
      localStorage.setItem(KEPT, isOpen ? "1" : "0");
    } catch {
      /* A browser that keeps nothing still works. */
    }
  };

  const fetchPart = async (url, signal) => {
    try {
      const reply = await fetch(url, { headers: { "HX-Request": "true" }, signal });
      return reply.ok && !reply.redirected ? await reply.text() : "";
    } catch (error) {
      return error.name === "AbortError" ? null : "";
    }
  };

  /* /images/4/?q=fox: its panel is /images/4/panel/?q=fox. */
  const addressOf = (item, part) => {
    const url = new URL(item.url);
    return `${url.pathname}${part}/${url.search}`;
  };

  class Panel {
    constructor(box) {
      this.box = box;
      this.element = box.parts.panel;
      this.body = box.parts.panelBody;
      /* Remembered where it stands beside the picture; a sheet over it opens when it is asked for. */
      this.isOpen = wide.matches && read();
      this.show();
      this.body.addEventListener("htmx:afterSettle", () => this.readMarks());
      wide.addEventListener("change", () => this.show(), { signal: box.end.signal });
    }

    get widthBeside() {
      return this.isOpen && wide.matches ? WIDTH : 0;
    }

    /* The picture goes up to make room for a sheet. */
    get heightBelow() {
      return this.isOpen && !wide.matches ? Math.round(innerHeight * SHEET) : 0;
    }

    show() {
      const { frame, parts, viewer } = this.box;
      frame.classList.toggle("has-panel", this.isOpen);
      this.element.hidden = !this.isOpen;
      parts.info.setAttribute("aria-expanded", String(this.isOpen));
      viewer?.updateSize(true);
    }

    toggle() {
      const hadFocus = this.element.contains(document.activeElement);
      this.isOpen = !this.isOpen;
      if (wide.matches) write(this.isOpen);
      this.show();
      if (this.isOpen) this.turn(this.box.item);
      else if (hadFocus) this.box.parts.info.focus();
    }

    closeSheet() {
      const isSheet = this.isOpen && !wide.matches;
      if (isSheet) this.toggle();
      return isSheet;
    }

    key(event) {
      if (event.key.toLowerCase() !== "i") return false;
      event.preventDefault();
      this.toggle();
      return true;
    }

    turn(item) {
      if (!this.isOpen || !item || this.shown === item.id) return;
      clearTimeout(this.waiting);
      this.loading?.abort();
      this.waiting = setTimeout(() => this.load(item), this.shown ? PAUSE : 0);
    }

    async load(item) {
      this.loading = new AbortController();
      const html = await fetchPart(addressOf(item, "panel"), this.loading.signal);
      if (html === null) return;
      this.shown = html ? item.id : null;
      this.element.scrollTop = 0;
      if (html) window.htmx.swap(this.body, html, { swapStyle: "innerHTML" });
      else this.body.innerHTML = '<p class="lightbox-lost quiet">What is known about this picture did not come. It may have been thrown away.</p>';
    }

    /* The panel's own control for a key, as long as it is about the picture that is shown. */
    control(key) {
      const isAbout = this.isOpen && this.shown === this.box.item?.id;
      return isAbout ? this.body.querySelector(`[data-press="${key}"]`) : null;
    }

    readMarks() {
      const circle = this.control("f");
      if (circle) this.box.setCircled(circle.getAttribute("aria-pressed") === "true");
    }
  }

  /* A stack stands for its whole run: its pictures in a strip under the one that is shown. */
  class Strip {
    constructor(box) {
      this.box = box;
      this.element = box.parts.strip;
      this.element.addEventListener("click", (event) => this.press(event));
    }

    async turn(item) {
      if (this.tile === item.tileId) {
        this.mark(item);
        return;
      }
      this.tile = item.tileId;
      this.element.replaceChildren();
      this.position = "";
      this.box.tell();
      if (item.count < 2) return;
      const html = await fetchPart(addressOf(item, "run"), this.box.end.signal);
      if (!html || this.tile !== this.box.item?.tileId) return;
      this.element.innerHTML = html;
      this.mark(this.box.item);
    }

    get frames() {
      return [...this.element.querySelectorAll(".frame")];
    }

    mark(item) {
      for (const frame of this.frames) {
        if (Number(frame.dataset.picture) === item.id) frame.setAttribute("aria-current", "true");
        else frame.removeAttribute("aria-current");
      }
      const at = this.frames.findIndex((frame) => frame.hasAttribute("aria-current"));
      this.frames[at]?.scrollIntoView({ block: "nearest", inline: "nearest" });
      this.position = at < 0 ? "" : `, frame ${at + 1} of ${this.frames.length}`;
      this.box.tell();
    }

    press(event) {
      const frame = event.target.closest(".frame");
      if (!frame || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.choose(frame);
    }

    choose(frame) {
      const { item, index } = this.box;
      this.box.put(index, { ...Proofsheet.lightboxWalls.itemOf(frame), tileId: item.tileId, count: item.count });
    }

    key(event) {
      const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
      if (!step || !this.frames.length || this.box.isZoomed) return false;
      event.preventDefault();
      const next = this.frames[this.frames.findIndex((frame) => frame.hasAttribute("aria-current")) + step];
      if (next) this.choose(next);
      return true;
    }
  }

  Proofsheet.lightboxParts = (box) => ({
    panel: box.parts.panel ? new Panel(box) : null,
    words: box.parts.words ? new Proofsheet.LightboxWords(box) : null,
    strip: box.parts.strip ? new Strip(box) : null,
  });
})();
