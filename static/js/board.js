/* Pictures of a board are put in order: by a menu on each, by Alt with the arrow keys, by dragging (board_drag.js). What is
   selected moves together. One change after the other is sent; the wall then shows what the server keeps. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const MENU = "board-picture-menu";
  const NOWHERE = { ArrowLeft: "This is the first one.", ArrowRight: "This is the last one.", ArrowUp: "This is the first row.", ArrowDown: "This is the last row." };
  const ARROWS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End"];

  const board = () => document.querySelector("[data-board]");
  const wallOf = () => Proofsheet.wall;
  const announce = (text) => (document.getElementById("announcements").textContent = text);
  const token = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

  /* The picture alone, or all that is selected when it is one of them. */
  const carriedWith = (tile) => {
    const selection = Proofsheet.selection;
    const isSelected = selection?.size > 1 && (selection.isAll || [...selection.ids].map(String).includes(tile.dataset.tile));
    if (isSelected) return { data: selection.formData(), count: selection.size, has: (id) => selection.isAll || [...selection.ids].map(String).includes(id) };
    const data = new FormData();
    data.set("ids", tile.dataset.tile);
    data.set("query", wallOf().root.dataset.query);
    return { data, count: 1, has: (id) => id === tile.dataset.tile };
  };

  const post = async (url, data) => {
    const response = await fetch(url, { method: "POST", body: data, headers: { Accept: "application/json", "X-CSRFToken": token() } }).catch(() => null);
    const isJson = response?.headers.get("Content-Type")?.includes("json");
    const answer = isJson ? await response.json() : { sentence: "That did not work. Reload the page and try again." };
    return { ...answer, isDone: Boolean(response?.ok && isJson) };
  };

  const say = (text) => document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: text }));

  const sayWithUndo = (text, undo) => {
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.dataset.toast = "";
    const button = Object.assign(document.createElement("button"), { type: "button", className: "button button-small", textContent: "Undo" });
    button.addEventListener("click", () => {
      toast.remove();
      change(undo, new FormData());
    });
    toast.append(Object.assign(document.createElement("span"), { textContent: text }), button);
    document.getElementById("toasts").append(toast);
  };

  const showCount = (count) => {
    const words = document.querySelector("[data-board-count]");
    if (words && count !== undefined) words.textContent = `${count.toLocaleString("en")} ${count === 1 ? "picture" : "pictures"}`;
  };

  let queue = Promise.resolve();
  const inTurn = (work) => (queue = queue.then(work, work));

  const change = async (url, data) => {
    const answer = await post(url, data);
    if (!answer.isDone) say(answer.sentence);
    else if (answer.undo) sayWithUndo(answer.sentence, answer.undo);
    else announce(answer.sentence);
    showCount(answer.count);
    if (!wallOf()) location.reload();
    else if (answer.isDone) await wallOf().refresh();
    return answer;
  };

  /* `place` is before or after another picture, or the front or the end. */
  const move = async (carried, place) => {
    for (const [name, value] of Object.entries(place)) carried.data.set(name, value);
    return change(board().dataset.moveUrl, carried.data);
  };
  Proofsheet.board = { carriedWith, move: (carried, place) => inTurn(() => move(carried, place)) };

  /* By keys ------------------------------------------------------------------------------------------------------------ */

  /* The next one that stays where it is, over the edge of what is there if need be. */
  const beside = async (tile, step, carried) => {
    const wall = wallOf();
    for (let index = wall.indexOf(tile) + step; index >= 0 && index < wall.count; index += step) {
      const other = await wall.tileAt(index);
      if (!other || !carried.has(other.dataset.tile)) return other;
    }
    return null;
  };

  const overOrUnder = (tile, isDown, carried) => {
    const from = tile.getBoundingClientRect();
    const middle = (box) => box.left + box.width / 2;
    const others = wallOf().mounted().filter((other) => {
      const box = other.getBoundingClientRect();
      return !carried.has(other.dataset.tile) && (isDown ? box.top >= from.bottom - 2 : box.bottom <= from.top + 2);
    });
    const far = (box) => Math.abs(isDown ? box.top - from.bottom : from.top - box.bottom) * 4 + Math.abs(middle(box) - middle(from));
    return others.sort((a, b) => far(a.getBoundingClientRect()) - far(b.getBoundingClientRect()))[0];
  };

  const placeFor = async (key, tile, carried) => {
    if (key === "Home") return { to: "front" };
    if (key === "End") return { to: "end" };
    const isOn = key === "ArrowRight" || key === "ArrowDown";
    const isSideways = key === "ArrowLeft" || key === "ArrowRight";
    const other = isSideways ? await beside(tile, isOn ? 1 : -1, carried) : overOrUnder(tile, isOn, carried);
    return other ? { [isOn ? "after" : "before"]: other.dataset.tile } : null;
  };

  const tileOf = (id) => wallOf().mounted().find((tile) => tile.dataset.tile === id);

  const moveByKey = async (id, key) => {
    const tile = tileOf(id);
    if (!tile) return;
    const carried = carriedWith(tile);
    const place = await placeFor(key, tile, carried);
    if (!place) {
      announce(NOWHERE[key]);
      return;
    }
    const answer = await move(carried, place);
    const moved = tileOf(id);
    if (moved) await wallOf().show(wallOf().indexOf(moved), { focus: true });
    else if (answer.place) await wallOf().show(answer.place - 1, { focus: true });
  };

  /* While the wall is drawn anew nothing has the focus, or the first picture: a key pressed meanwhile means the picture that
     is being moved. */
  let moving = "";
  let steps = 0;

  document.addEventListener(
    "keydown",
    (event) => {
      if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || !ARROWS.includes(event.key)) return;
      const tile = event.target.closest?.("[data-board] [data-tile]");
      if (!tile && !(steps && event.target === document.body)) return;
      const id = steps ? moving : tile.dataset.tile;
      event.preventDefault();
      event.stopPropagation();
      moving = id;
      steps += 1;
      inTurn(() => moveByKey(id, event.key)).finally(() => (steps -= 1));
    },
    true,
  );

  /* By a menu ---------------------------------------------------------------------------------------------------------- */

  let current = null;

  /* Every picture has a button for the one menu; it is seen where one points or has the focus. */
  const dress = (section) => {
    const isBoard = section.closest("[data-board], [data-cover-url]");
    for (const tile of isBoard ? section.querySelectorAll("[data-tile]:not(:has(.board-more))") : []) {
      const button = document.getElementById("board-more").content.firstElementChild.cloneNode(true);
      tile.append(button);
      tile.querySelector(".shot-link").setAttribute("aria-describedby", "board-keys");
    }
  };

  document.addEventListener("click", (event) => {
    const arrange = event.target.closest?.("[data-arrange]");
    if (arrange) arrange.setAttribute("aria-pressed", String(document.body.classList.toggle("is-arranging")));
    const more = event.target.closest?.(".board-more");
    if (more) {
      current = more.closest("[data-tile]");
      document.querySelector(`[popovertarget="${MENU}"]`)?.removeAttribute("popovertarget");
      more.setAttribute("popovertarget", MENU);
      const { count } = carriedWith(current);
      for (const item of document.querySelectorAll(`#${MENU} [data-for-one]`)) item.hidden = count > 1;
      return;
    }
    const item = event.target.closest?.(`#${MENU} [data-act]`);
    if (!item || !current) return;
    document.getElementById(MENU).hidePopover();
    const carried = carriedWith(current);
    const id = current.dataset.tile;
    if (item.dataset.act === "cover") {
      const data = new FormData();
      data.set("image", id);
      inTurn(async () => say((await post(document.querySelector("[data-cover-url]").dataset.coverUrl, data)).sentence));
    } else if (ARROWS.includes(item.dataset.act)) inTurn(() => moveByKey(id, item.dataset.act));
    else if (item.dataset.act === "remove") inTurn(() => change(board().dataset.removeUrl, carried.data));
    else inTurn(() => move(carried, { to: item.dataset.act }));
  });

  document.addEventListener("wall:mount", (event) => dress(event.detail));
  document.addEventListener("wall:ready", (event) => event.detail.querySelectorAll("[data-section]").forEach(dress));
  document.addEventListener("pictures:changed", () => queueMicrotask(() => wallOf()?.mounted().forEach((tile) => dress(tile.closest(".day")))));
  document.querySelectorAll("[data-section]").forEach(dress);
})();
