/* What one does with a reference picture: the menu of its thumbnail, and the keys while it has the focus. */
(() => {
  "use strict";
  const { boxesOf, listOf, roomIn, show, clearComplaints } = window.Proofsheet.pictures;
  const menu = () => document.getElementById("picture-menu");
  const boxOf = (picture) => picture.closest("[data-parameter]");
  const announce = (text) => (document.getElementById("announcements").textContent = text);
  let chosen = null;

  const focusOn = (picture) => picture?.querySelector("[data-face]").focus();

  /* Put it before another picture of a box, at the end without one. A box that is full takes none from elsewhere. */
  const put = (picture, box, before = null) => {
    const from = boxOf(picture);
    if (from !== box && (roomIn(box) < 1 || from.dataset.maskOf || box.dataset.maskOf)) return false;
    listOf(box).insertBefore(picture, before);
    if (from !== box) {
      picture.querySelector("input[type=hidden]").name = `${box.dataset.parameter}_images`;
      show(from);
    }
    show(box);
    return true;
  };

  const tellPlace = (picture) => {
    const places = [...listOf(boxOf(picture)).children];
    announce(`${boxOf(picture).dataset.label}: now picture ${places.indexOf(picture) + 1} of ${places.length}.`);
  };

  const step = (picture, by) => {
    const beside = by < 0 ? picture.previousElementSibling : picture.nextElementSibling;
    if (!beside) return;
    put(picture, boxOf(picture), by < 0 ? beside : beside.nextElementSibling);
    focusOn(picture);
    tellPlace(picture);
  };

  const remove = (picture) => {
    const box = boxOf(picture);
    const next = picture.nextElementSibling ?? picture.previousElementSibling;
    picture.remove();
    clearComplaints(box);
    show(box);
    if (next?.matches("[data-picture]")) focusOn(next);
    else box.querySelector('input[type="file"]').focus();
  };

  const useAs = (picture, name) => {
    const box = boxesOf(picture.closest("form")).find((one) => one.dataset.parameter === name);
    if (!box || !put(picture, box)) return;
    focusOn(picture);
    announce(`Used as ${box.dataset.label} now.`);
  };

  const acts = { earlier: (picture) => step(picture, -1), later: (picture) => step(picture, 1), remove };

  const fillUses = (picture) => {
    const places = menu().querySelector("[data-uses]");
    const others = boxesOf(picture.closest("form")).filter((box) => box !== boxOf(picture) && !box.dataset.maskOf && !boxOf(picture).dataset.maskOf);
    places.replaceChildren(
      ...others.map((box) => {
        const item = document.createElement("button");
        item.type = "button";
        item.className = "menu-item";
        item.dataset.useAs = box.dataset.parameter;
        item.disabled = roomIn(box) < 1;
        item.textContent = `Use as ${box.dataset.label}${item.disabled ? " (full)" : ""}`;
        return item;
      }),
    );
    places.hidden = !others.length;
  };

  const fill = (picture) => {
    chosen = picture;
    const item = (name) => menu().querySelector(`[data-act="${name}"]`);
    item("earlier").hidden = !picture.previousElementSibling;
    item("later").hidden = !picture.nextElementSibling;
    item("crop").hidden = Boolean(boxOf(picture).dataset.maskOf);
    fillUses(picture);
    menu().dispatchEvent(new CustomEvent("proofsheet:picture-menu", { bubbles: true, detail: { picture, box: boxOf(picture) } }));
  };

  /* Before the browser opens the menu, so that it is placed at its full height. */
  document.addEventListener(
    "click",
    (event) => {
      const face = event.target.closest?.("[data-face]");
      if (face) fill(face.closest("[data-picture]"));
    },
    true,
  );

  document.addEventListener("click", (event) => {
    const cross = event.target.closest?.("[data-parameter] [data-remove]");
    if (cross) remove(cross.closest("[data-picture]"));
    const item = event.target.closest?.("#picture-menu .menu-item");
    if (!item) return;
    menu().hidePopover();
    if (!chosen?.isConnected) return;
    if (item.dataset.useAs) useAs(chosen, item.dataset.useAs);
    else acts[item.dataset.act](chosen);
  });

  document.addEventListener("keydown", (event) => {
    const picture = event.target.closest?.("[data-face]")?.closest("[data-picture]");
    if (!picture) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by && (event.shiftKey || event.altKey)) step(picture, by);
    else if (by) focusOn(by < 0 ? picture.previousElementSibling : picture.nextElementSibling);
    else if (event.key === "Delete" || event.key === "Backspace") remove(picture);
    else return;
    event.preventDefault();
  });

  Object.assign(window.Proofsheet.pictures, { put, tellPlace, acts, boxOf });
})();
