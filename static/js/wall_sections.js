/* The sections of a wall as elements: asked for when they come near, kept for a while when they were scrolled past. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const KEPT = 24;
  const TOGETHER = 110;
  const MISSING = "Some pictures did not come. Scroll a little to try again.";

  class WallSections extends Proofsheet.WallPlaces {
    constructor(root) {
      super(root);
      this.source = new Proofsheet.WallSource(root);
      this.loads = new Map();
      /* Which list the elements belong to: answers to an older one are let go. */
      this.series = 0;
      this.count = 0;
    }

    /* `pictures` is what stacks stand for, all together; null where every picture hangs by itself. */
    take({ heights, more, pictures }) {
      this.series += 1;
      Object.assign(this, { heights, more, pictures });
      this.count = this.heights.count;
      for (const load of this.loads.values()) load.abort.abort();
      this.loads.clear();
      for (const element of this.elements.values()) element.remove();
      this.elements.clear();
      this.placed.clear();
    }

    /* A section that came with the page: kept, untouched in its place, if the list says the same of it. */
    adopt(element) {
      const index = this.heights.ofKey(Number(element.dataset.first));
      const section = this.heights.sections[index];
      const isSame = section && ["first", "last", "count", "a", "b", "rows"].every((name) => Number(element.dataset[name]) === section[name]);
      if (!isSame) {
        element.remove();
        return;
      }
      this.dress(element, index);
      this.elements.set(index, element);
      this.placed.add(index);
    }

    dress(element, index) {
      const section = this.heights.sections[index];
      element.dataset.index = index;
      element.classList.toggle("is-continued", !section.title);
      element.querySelector(".day-title")?.remove();
      if (!section.title) return;
      const title = document.createElement("h2");
      title.className = "day-title";
      const note = document.createElement("span");
      note.className = "margin";
      const count = this.heights.countOfPeriod(index);
      const people = count === section.count ? element.dataset.people : "";
      note.textContent = count.toLocaleString("en") + (people ? ` · ${people}` : "");
      title.append(section.title, " ", note);
      element.prepend(title);
    }

    /* The section's element; sections that follow each other come together. */
    load(index, group = [index]) {
      const there = this.elements.get(index);
      if (there && !there.matches("[data-waits]")) return Promise.resolve(there);
      const known = this.loads.get(index);
      if (known) return known.promise.then(() => this.ready(index));
      const load = { abort: new AbortController(), left: new Set(group) };
      load.promise = this.fetchGroup(group, load.abort.signal).finally(() => {
        for (const each of group) if (this.loads.get(each) === load) this.loads.delete(each);
      });
      for (const each of group) this.loads.set(each, load);
      return load.promise.then(() => this.ready(index));
    }

    ready(index) {
      const element = this.elements.get(index);
      return element && !element.matches("[data-waits]") ? element : null;
    }

    async fetchGroup(group, signal) {
      const series = this.series;
      const found = await this.source.sectionsInTheEnd(group.map((index) => this.heights.sections[index]), signal);
      if (signal.aborted || series !== this.series) return;
      if (!found) {
        document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: MISSING }));
        return;
      }
      const elements = new Map(found.map((element) => [this.heights.ofKey(Number(element.dataset.first)), element]));
      for (const index of group) this.receive(index, elements.get(index));
    }

    /* Nobody waits for what was scrolled past. */
    forget(index) {
      const load = this.loads.get(index);
      this.loads.delete(index);
      load?.left.delete(index);
      if (load && !load.left.size) load.abort.abort();
    }

    receive(index, element) {
      const waiting = this.elements.get(index);
      const isPlaced = this.placed.has(index);
      if (element) this.dress(element, index);
      this.correct(index, element);
      if (!element) {
        waiting?.removeAttribute("data-waits");
        return;
      }
      this.elements.delete(index);
      this.elements.set(index, element);
      if (isPlaced) {
        this.position(index, element);
        waiting.replaceWith(element);
        this.mount(element);
      } else this.prune();
    }

    /* Something was added or taken away since the list was made: what is on the screen stays where it is. */
    correct(index, element) {
      const section = this.heights.sections[index];
      const found = element ? element.dataset : { count: 0, a: 0, b: 0, rows: 0 };
      const names = ["count", "a", "b", "rows"];
      if (names.every((name) => Number(found[name]) === section[name])) return;
      this.keepPlace(() => {
        for (const name of names) section[name] = Number(found[name]);
        this.heights.number();
        this.count = this.heights.count;
        this.layOut();
      });
      document.dispatchEvent(new CustomEvent("wall:count", { detail: this.count }));
    }

    waiting(index) {
      const { a, b, rows } = this.heights.sections[index];
      const element = document.createElement("section");
      element.className = "day";
      element.dataset.waits = "";
      element.style.cssText = `--a:${a};--b:${b};--rows:${rows}`;
      element.innerHTML = '<div class="rows"></div>';
      this.dress(element, index);
      return element;
    }

    /* In the order of the screen, as many together as make a page. */
    groups(missing, sections = this.heights.sections) {
      const found = [];
      let tiles = 0;
      for (const index of missing.sort((a, b) => a - b)) {
        const { count } = sections[index];
        const isNext = found.at(-1)?.at(-1) === index - 1 && tiles + count <= TOGETHER;
        if (isNext) found.at(-1).push(index);
        else found.push([index]);
        tiles = isNext ? tiles + count : count;
      }
      return found;
    }

    /* Sections scrolled past are kept for a while, the last ones longest. */
    prune() {
      const spare = [...this.elements.keys()].filter((each) => !this.placed.has(each));
      for (const each of spare.slice(0, Math.max(0, spare.length - KEPT))) this.elements.delete(each);
    }
  }

  Proofsheet.WallSections = WallSections;
})();
