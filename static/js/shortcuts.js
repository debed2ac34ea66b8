/* Every plain key of the wall, of the picture over it and of a picture's page, in one table: it is what keys do, what the
   dialog of keys shows and what titles of buttons say. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const announce = (text) => (document.getElementById("announcements").textContent = text);
  const say = (text) => document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: text }));

  /* Where one is: over a wall, or on it with its focused tile, or on the page of one picture. */
  const placeOf = () => {
    const { lightbox, wall } = Proofsheet;
    if (lightbox?.isOpen) return { name: "picture", id: String(lightbox.current()) };
    if (wall?.root.isConnected) return { name: "wall", tile: document.activeElement?.closest?.("[data-tile]") ?? null };
    return document.querySelector("[data-panel]") ? { name: "page" } : { name: "elsewhere" };
  };

  /* What keys act on: the selection, else the focused tile; over the wall the picture that is shown. */
  const targetOf = (place) => {
    const { selection } = Proofsheet;
    if (place.name === "picture") return { ids: place.id };
    if (selection?.size) return selection.values();
    return place.tile ? selection.values([place.tile.dataset.tile]) : null;
  };

  const canAct = () => Boolean(document.querySelector("[data-selection-bar]"));
  const isTrash = () => Boolean(document.querySelector("[data-selection-bar][data-in-trash]"));

  const post = (url, values, target = "#toasts") => window.htmx.ajax("POST", url, { target, swap: target === "#toasts" ? "beforeend" : "innerHTML", values });

  /* Do something to what is meant. Returns whether there was anything. */
  const act = (place, action, values = {}) => {
    const target = canAct() && !isTrash() && targetOf(place);
    if (!target) return false;
    post(`/library/bulk/${action}/`, { ...target, ...values }, action.startsWith("choose/") ? "#bulk-dialog" : "#toasts");
    return true;
  };

  /* The panel beside the picture has these as buttons and fields. */
  const pressPanel = (place, key) => {
    const isOpen = place.name === "page" || document.querySelector(`.lightbox-panel:not([hidden]) [data-panel="${place.id}"]`);
    return Boolean(place.name !== "wall" && isOpen && Proofsheet.panel?.press(key));
  };

  const circle = (place) => {
    if (place.name !== "picture") return pressPanel(place, "f") || act(place, "circle", { toggle: "1" });
    Proofsheet.lightbox.circle();
    return true;
  };

  const rate = (place, event) => pressPanel(place, event.key) || act(place, "rate", { rating: event.key });

  const trash = (place) => {
    if (place.name === "page") return pressPanel(place, "delete");
    const { wall } = Proofsheet;
    const index = place.tile ? wall.indexOf(place.tile) : -1;
    /* The focus goes on to the picture that comes next. */
    const follow = (event) => {
      document.removeEventListener("pictures:changed", follow);
      if (!event.detail?.removed?.length) return;
      document.addEventListener("wall:count", () => wall.show(Math.min(index, wall.count - 1), { focus: true }), { once: true });
    };
    if (index >= 0) document.addEventListener("pictures:changed", follow);
    return act(place, "trash");
  };

  const runOf = (place) => {
    const tile = place.tile ?? document.querySelector(`[data-wall] [data-tile="${place.id}"]`);
    const [chosen] = Proofsheet.selection.ids;
    return (tile ?? document.querySelector(`[data-wall] [data-tile="${chosen}"]`))?.dataset.run;
  };

  const edit = (place) => {
    if (pressPanel(place, "r")) return true;
    const run = runOf(place);
    if (run) location.assign(`/?generation=${run}`);
    else if (place.tile || place.id) say("This picture was not made here: there is nothing to run again.");
    return Boolean(place.tile || place.id || run);
  };

  /* Two to four that are selected, else one more for it. */
  const compare = async (place) => {
    const { selection } = Proofsheet;
    const id = place.id ?? place.tile?.dataset.tile;
    if (!selection.isAll && selection.size >= 2 && selection.size <= 4) location.assign(`/compare/?images=${[...selection.ids].join(",")}`);
    else if (selection.isAll || selection.size > 4) say("Two to four pictures can be compared.");
    else if (id) {
      if (!selection.has(id)) await selection.toggle(id);
      announce(selection.size < 2 ? "Selected. Press C on one more to compare." : `${selection.size} selected. Press C again to compare.`);
    }
  };

  const download = (place) => {
    const target = targetOf(place);
    const { selection } = Proofsheet;
    if (!target) return;
    const form = document.querySelector("[data-selection-bar] form[action$='/download/choose/']");
    const id = place.id ?? (selection.size ? null : place.tile?.dataset.tile);
    const isOne = id && !(place.tile?.dataset.count > 1);
    if (isOne) location.assign(`/images/${id}/download/`);
    else if (form && selection.size) form.requestSubmit();
    else if (form) selection.toggle(id).then(() => form.requestSubmit());
  };

  const select = (place, event) => {
    if (!place.tile || !canAct()) return false;
    if (event.shiftKey) Proofsheet.selection.reach(place.tile);
    else Proofsheet.selection.toggle(place.tile.dataset.tile);
    return true;
  };

  const walk = async (place, event) => {
    const { selection, arrows, wall } = Proofsheet;
    if (!place.tile) {
      await wall.show(Math.max(0, wall.indexOf(wall.current)), { focus: true });
      return;
    }
    if (!event.shiftKey) {
      arrows.move(place.tile, event.key);
      return;
    }
    if (!canAct()) return;
    if (!selection.anchor || !selection.size) await selection.toggle(place.tile.dataset.tile);
    /* The next one may have to be brought first. */
    const reach = (moved) => moved.target.closest("[data-tile]") && selection.reach(moved.target.closest("[data-tile]"));
    document.addEventListener("focusin", reach, { once: true });
    if (!arrows.move(place.tile, event.key)) document.removeEventListener("focusin", reach);
  };

  /* What is on its way somewhere far gives up when people do something else. */
  let presses = 0;
  for (const kind of ["keydown", "pointerdown", "wheel"]) document.addEventListener(kind, (event) => (presses += event.repeat ? 0 : 1), { capture: true, passive: true });

  const jump = async (place, event) => {
    const { wall, selection } = Proofsheet;
    const before = presses;
    const stillWanted = () => presses === before;
    const go = () => wall.show(event.key === "Home" ? 0 : wall.count - 1, { focus: true, stillWanted });
    if (event.shiftKey && place.tile && canAct() && (!selection.anchor || !selection.size)) await selection.toggle(place.tile.dataset.tile);
    let tile = await go();
    if (event.key === "End" && wall.more && wall.whole && stillWanted()) {
      announce("On the way to the oldest picture.");
      await wall.whole(stillWanted);
      tile = stillWanted() ? await go() : null;
    }
    if (event.shiftKey && tile && canAct()) selection.reach(tile);
  };

  const search = () => {
    const field = document.getElementById("search");
    field?.focus();
    field?.select();
    return Boolean(field);
  };

  const clear = (place) => {
    const { selection } = Proofsheet;
    if (place.name !== "wall" || !(selection?.size || selection?.isSelecting)) return false;
    selection.clear();
    return true;
  };

  const WALL = "On the wall";
  const PICTURE = "On a picture";
  const STUDIO = "In the studio";
  const EVERYWHERE = "Everywhere";
  const MEANT = "What is selected, or the picture one is on";

  /* `on`: where it works; `run` returns false when it did nothing. Without `run` the browser, the lightbox or the page does it
     by itself. `shift`: it works with Shift too, and reaches from the last one to here. `words` of a `name` stand on buttons. */
  const KEYS = [
    { group: WALL, keys: ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"], shown: ["←", "→", "↑", "↓"], words: "From picture to picture", on: ["wall"], shift: true, run: walk },
    { group: WALL, keys: ["Home", "End"], words: "To the newest, to the oldest", on: ["wall"], shift: true, run: jump },
    { group: WALL, keys: ["Enter"], words: "Open", on: ["wall"] },
    { group: WALL, keys: [" "], shown: ["Space"], words: "Select", on: ["wall"], shift: true, run: select },
    { group: WALL, keys: [], shown: ["Shift"], words: "With the keys above: select up to there", on: ["wall"] },
    { group: WALL, name: "all", keys: ["a"], shown: ["Ctrl A", "⌘ A"], control: true, words: "Select all that was found", on: ["wall"], run: () => canAct() && (Proofsheet.selection.all(), true) },
    { group: WALL, name: "clear", keys: ["Escape"], shown: ["Esc"], words: "Select nothing", on: ["wall"], run: clear },
    { group: PICTURE, keys: ["ArrowLeft", "ArrowRight"], shown: ["←", "→"], words: "The one before, the next one", on: ["picture", "page"] },
    { group: PICTURE, keys: ["i"], words: "What is known about it", on: ["picture"] },
    { group: PICTURE, keys: ["z"], words: "The original, to zoom into", on: ["page"] },
    { group: PICTURE, keys: ["Escape"], shown: ["Esc"], words: "Back to the wall", on: ["picture", "page"] },
    { group: STUDIO, keys: [], shown: ["Alt ↑", "Alt ↓"], words: "In the prompt: earlier ones, and back", on: [] },
    { group: EVERYWHERE, keys: ["/"], words: "Search", on: ["wall", "elsewhere"], run: search },
    { group: EVERYWHERE, keys: ["z"], shown: ["Ctrl Z", "⌘ Z"], control: true, words: "Undo what a note told of last", on: ["wall", "picture", "page", "elsewhere"], run: () => Proofsheet.takeBack() },
    { group: EVERYWHERE, keys: ["q"], words: "The queue, and away with it", on: ["wall", "page", "elsewhere"], run: () => (Proofsheet.queue.turn(), true) },
    { group: EVERYWHERE, keys: ["?"], words: "These keys", on: ["wall", "picture", "page", "elsewhere"], run: () => (showKeys(), true) },
    { group: MEANT, name: "circle", keys: ["f"], words: "Circle: a favourite", on: ["wall", "picture", "page"], run: circle },
    { group: MEANT, name: "rate", keys: ["1", "2", "3", "4", "5"], shown: ["1", "–", "5"], words: "Rate", on: ["wall", "picture", "page"], run: rate },
    { group: MEANT, keys: ["0"], words: "Take the rating away", on: ["wall", "picture", "page"], run: rate },
    { group: MEANT, name: "reject", keys: ["x"], words: "Reject", on: ["wall", "picture", "page"], run: (place) => pressPanel(place, "x") || act(place, "reject", { toggle: "1" }) },
    { group: MEANT, name: "tag", keys: ["t"], words: "Tag", on: ["wall", "picture", "page"], run: (place) => pressPanel(place, "t") || act(place, "choose/tag") },
    { group: MEANT, name: "board", keys: ["b"], words: "Put on a board", on: ["wall", "picture", "page"], run: (place) => pressPanel(place, "b") || act(place, "choose/board") },
    { group: MEANT, name: "compare", keys: ["c"], words: "Compare two to four", on: ["wall", "picture"], run: compare },
    { group: MEANT, name: "edit", keys: ["r"], words: "Edit and run", on: ["wall", "picture", "page"], run: edit },
    { group: MEANT, name: "download", keys: ["d"], words: "Download", on: ["wall", "picture"], run: download },
    { group: MEANT, name: "trash", keys: ["Delete", "Backspace"], shown: ["Del"], words: "Move to the trash", on: ["wall", "picture", "page"], run: trash },
  ];
  Proofsheet.shortcuts = { keys: KEYS };

  const isTyping = (target) => target.matches?.("input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable], .code");
  const isElsewhere = () => document.querySelector("dialog[open], :popover-open");

  const find = (event, place) => {
    const isControl = event.ctrlKey || event.metaKey;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const isLetter = /^[a-z]$/.test(key);
    return KEYS.find(
      (row) =>
        row.run &&
        row.keys.includes(key) &&
        row.on.includes(place.name) &&
        Boolean(row.control) === isControl &&
        /* Digits, "/" and "?" are typed with Shift on some keyboards. */
        (!event.shiftKey || row.shift || (key.length === 1 && key !== " " && !isLetter)),
    );
  };

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.isComposing || isTyping(event.target) || isElsewhere()) return;
    const place = placeOf();
    const row = find(event, place);
    /* Enter and Space press the button one is on. */
    const isOnButton = event.key === " " && event.target.matches("button, summary, a:not(.shot-link)");
    if (!row || isOnButton || (event.repeat && !row.keys.some((key) => key.startsWith("Arrow")))) return;
    if (row.run(place, event) !== false) event.preventDefault();
  });

  /* The dialog, and the titles ------------------------------------------------------------------------------------------ */

  const build = () => {
    const dialog = document.createElement("dialog");
    dialog.className = "dialog keys-dialog";
    dialog.id = "keys-dialog";
    dialog.setAttribute("aria-labelledby", "keys-title");
    dialog.innerHTML = '<header class="choosing-head"><h2 id="keys-title">Keys</h2><form method="dialog"><button class="button button-small" autofocus>Close</button></form></header><div class="keys"></div>';
    const groups = [...new Set(KEYS.map((row) => row.group))];
    for (const group of groups) {
      const section = document.createElement("section");
      section.append(Object.assign(document.createElement("h3"), { className: "label", textContent: group }));
      const list = section.appendChild(Object.assign(document.createElement("dl"), { className: "keys-list" }));
      for (const { keys, shown = keys, words } of KEYS.filter((row) => row.group === group)) {
        const pair = list.appendChild(document.createElement("div"));
        pair.append(Object.assign(document.createElement("dt"), { textContent: words }));
        const caps = pair.appendChild(document.createElement("dd"));
        for (const each of shown) caps.append(each === "–" ? each : Object.assign(document.createElement("kbd"), { className: "keycap", textContent: each.length === 1 ? each.toUpperCase() : each }));
      }
      dialog.querySelector(".keys").append(section);
    }
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    dialog.addEventListener("keydown", (event) => {
      if (event.key !== "?") return;
      event.preventDefault();
      dialog.close();
    });
    document.body.append(dialog);
    return dialog;
  };

  const showKeys = () => (document.getElementById("keys-dialog") ?? build()).showModal();

  document.addEventListener("click", (event) => {
    if (!event.target.closest?.("[data-show-keys]")) return;
    event.target.closest("[popover]")?.hidePopover();
    showKeys();
  });

  for (const button of document.querySelectorAll("[data-shortcut]")) {
    const row = KEYS.find((each) => each.name === button.dataset.shortcut);
    if (!row) continue;
    const keys = (row.shown ?? row.keys).map((key) => (key.length === 1 ? key.toUpperCase() : key)).join(row.name === "rate" ? "" : ", ");
    button.title = `${row.words} (${keys})`;
    button.setAttribute("aria-keyshortcuts", row.control ? "Control+A Meta+A" : row.keys.map((key) => (key.length === 1 ? key.toUpperCase() : key)).join(" "));
  }
})();
