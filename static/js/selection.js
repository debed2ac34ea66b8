/* Which pictures of a wall are selected: chosen one by one and in ranges, or everything that its query finds. By the round
   mark on a tile, by Ctrl or Cmd and Shift with a click, by touch: a long press begins, then taps choose. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const LONG = 450;
  const STRAY = 10;
  const MOST_IN_RANGE = 5000;

  const linkOf = (tile) => tile.querySelector(".shot-link");
  const tileOf = (target) => {
    const tile = target.closest?.("[data-tile]");
    return tile && Proofsheet.wall?.root.contains(tile) && document.querySelector("[data-selection-bar]") ? tile : null;
  };
  const say = (text) => document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: text }));

  class Selection {
    ids = new Set();
    isAll = false;
    /* Clicks and taps choose instead of opening. */
    isSelecting = false;
    /* How many pictures a tile stands for, as far as tiles were seen. */
    counts = new Map();
    anchor = null;
    /* What was selected before the range that begins at the anchor. */
    base = new Set();

    get size() {
      return this.isAll ? (Proofsheet.wall?.count ?? 0) : this.ids.size;
    }

    has(id) {
      return this.isAll || this.ids.has(String(id));
    }

    /* Pictures in stacks too; null where that is not known. */
    get pictures() {
      if (this.isAll) return Proofsheet.wall?.pictures ?? null;
      let total = 0;
      for (const id of this.ids) {
        if (!this.counts.has(id)) return null;
        total += this.counts.get(id);
      }
      return total;
    }

    change(ids, isAll = false) {
      this.ids = ids;
      this.isAll = isAll;
      this.dress(Proofsheet.wall?.root);
      document.dispatchEvent(new CustomEvent("selection:change"));
    }

    dress(root) {
      for (const tile of root?.querySelectorAll("[data-tile]") ?? []) {
        const id = tile.dataset.tile;
        const isOn = this.has(id);
        this.counts.set(id, Number(tile.dataset.count ?? 1));
        if (isOn === tile.hasAttribute("data-selected")) continue;
        tile.toggleAttribute("data-selected", isOn);
        tile.querySelector(".shot-pick")?.setAttribute("aria-pressed", String(isOn));
      }
    }

    hold(tile) {
      this.anchor = { id: tile.dataset.tile, key: Number(tile.dataset.key) };
      this.base = new Set(this.ids);
    }

    async toggle(wanted) {
      if (this.isAll && !(await this.spell())) return;
      const id = String(wanted);
      const ids = new Set(this.ids);
      if (!ids.delete(id)) ids.add(id);
      this.change(ids);
      const tile = Proofsheet.wall?.root.querySelector(`[data-tile="${id}"]`);
      if (tile) this.hold(tile);
    }

    all() {
      this.isSelecting ||= matchMedia("(hover: none)").matches;
      this.change(new Set(), true);
    }

    clear() {
      this.isSelecting = false;
      this.anchor = null;
      this.change(new Set());
    }

    begin() {
      this.isSelecting = true;
      this.change(this.ids, this.isAll);
    }

    /* Everything as single pictures, so that one of them can be left out. */
    async spell() {
      const ids = Proofsheet.wall.count <= MOST_IN_RANGE ? await this.ask({}) : null;
      if (!ids) say("Everything that was found is selected. Press Escape to begin anew.");
      else this.change(new Set(ids));
      return Boolean(ids);
    }

    async ask(bounds) {
      const { root, query } = Proofsheet.wall;
      const words = new URLSearchParams(query);
      for (const [name, value] of Object.entries(bounds)) words.set(name, value);
      try {
        const response = await fetch(`${root.dataset.idsUrl}?${words}`);
        if (response.ok && !response.redirected) return (await response.json()).ids.map(String);
      } catch {
        /* Said below. */
      }
      say("The server did not answer. Try again in a moment.");
      return null;
    }

    /* From where the last one was chosen to here; what was selected before stays. Keys fall along the wall. */
    async reach(tile) {
      if (!this.anchor) {
        await this.toggle(tile.dataset.tile);
        return;
      }
      const { wall } = Proofsheet;
      const keys = [this.anchor.key, Number(tile.dataset.key)].sort((a, b) => b - a);
      const [first, last] = keys;
      const turn = (this.turn = (this.turn ?? 0) + 1);
      const near = wall.mounted().filter((each) => Number(each.dataset.key) <= first && Number(each.dataset.key) >= last);
      const from = wall.indexOf(this.anchor.id);
      const isWhole = from >= 0 && near.length === Math.abs(wall.indexOf(tile) - from) + 1;
      const ids = isWhole ? near.map((each) => each.dataset.tile) : await this.ask({ first, last });
      if (!ids || turn !== this.turn) return;
      if (ids.length >= MOST_IN_RANGE) say("A range holds at most 5,000 pictures. Select all instead.");
      else this.change(new Set([...this.base, ...ids]));
    }

    async setRange(from, to) {
      const [start, end] = await Promise.all([Proofsheet.wall.tileAt(from), Proofsheet.wall.tileAt(to)]);
      if (!start || !end) return;
      this.hold(start);
      await this.reach(end);
    }

    forget(removed) {
      const gone = new Set(removed.map(String));
      const left = new Set([...this.ids].filter((id) => !gone.has(id)));
      if (this.isAll || (this.ids.size && !left.size)) this.clear();
      else if (left.size < this.ids.size) this.change(left);
    }

    /* As every action on a wall takes it. */
    values(ids = null) {
      const query = Proofsheet.wall?.query ?? "";
      if (!ids && this.isAll) return { query, all: "1" };
      return { query, ids: [...(ids ?? this.ids)].join(",") };
    }

    formData() {
      const data = new FormData();
      for (const [name, value] of Object.entries(this.values())) data.set(name, value);
      return data;
    }
  }

  const selection = new Selection();
  Proofsheet.selection = selection;

  /* By pointer --------------------------------------------------------------------------------------------------------- */

  document.addEventListener("click", (event) => {
    const tile = tileOf(event.target);
    if (!tile || event.altKey) return;
    const isPick = Boolean(event.target.closest(".shot-pick"));
    const isLink = Boolean(event.target.closest(".shot-link"));
    const isChoice = event.ctrlKey || event.metaKey || event.shiftKey || selection.isSelecting;
    if (!isPick && !(isLink && isChoice)) return;
    event.preventDefault();
    linkOf(tile).focus({ preventScroll: true });
    if (event.shiftKey) selection.reach(tile);
    else selection.toggle(tile.dataset.tile);
  });

  /* A shift-click is no selection of words. */
  document.addEventListener("mousedown", (event) => {
    if (event.shiftKey && tileOf(event.target)) event.preventDefault();
  });

  /* By touch ----------------------------------------------------------------------------------------------------------- */

  let press = null;
  const letGo = () => {
    clearTimeout(press?.timer);
    press = null;
  };
  let isSwallowed = false;

  document.addEventListener("pointerdown", (event) => {
    letGo();
    isSwallowed = false;
    const tile = event.pointerType === "touch" && event.isPrimary && tileOf(event.target);
    if (!tile) return;
    const begin = () => {
      press = null;
      isSwallowed = true;
      selection.isSelecting = true;
      navigator.vibrate?.(10);
      if (!selection.has(tile.dataset.tile)) selection.toggle(tile.dataset.tile);
    };
    press = { x: event.clientX, y: event.clientY, timer: setTimeout(begin, LONG) };
  });
  document.addEventListener("pointermove", (event) => {
    if (press && Math.hypot(event.clientX - press.x, event.clientY - press.y) > STRAY) letGo();
  });
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, letGo);
  /* The click and the menu that follow a long press belong to it. */
  document.addEventListener(
    "click",
    (event) => {
      if (!isSwallowed || !tileOf(event.target)) return;
      isSwallowed = false;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    true,
  );
  document.addEventListener("contextmenu", (event) => {
    if ((isSwallowed || press) && tileOf(event.target)) event.preventDefault();
  });

  /* With the wall ------------------------------------------------------------------------------------------------------ */

  let wall = null;
  document.addEventListener("wall:ready", () => {
    if (wall && wall !== Proofsheet.wall) selection.clear();
    wall = Proofsheet.wall;
    selection.dress(wall.root);
  });
  document.addEventListener("wall:mount", (event) => selection.dress(event.detail));
  const recount = () => selection.isAll && selection.change(selection.ids, true);
  for (const name of ["wall:count", "wall:more"]) document.addEventListener(name, recount);
  document.addEventListener("pictures:changed", (event) => {
    const { removed = [], all = false } = event.detail ?? {};
    if (removed.length) selection.forget(removed);
    else if (all && selection.isAll) selection.clear();
  });
})();
