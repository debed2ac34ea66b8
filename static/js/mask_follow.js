/* A mask goes with its picture: it is cut as the picture is, and what it cannot follow takes it off, which is said. Undo brings
   both back. */
(() => {
  "use strict";
  const { boxesOf, boxOf, coveredBy, listOf, show, store } = window.Proofsheet.pictures;
  const OFF = "The mask lay over another part and was taken off. Paint it anew.";

  /* The mask over a picture, while it is that picture's. */
  const maskOver = (picture) => {
    const box = boxOf(picture);
    const own = boxesOf(picture.closest("form")).find((one) => coveredBy(one) === box);
    const mask = own && listOf(own).querySelector("[data-picture]");
    const isFirst = listOf(box).querySelector("[data-picture]") === picture;
    const fits = mask && mask.dataset.width === picture.dataset.width && mask.dataset.height === picture.dataset.height;
    return isFirst && fits ? { box: own, mask } : null;
  };

  const takeOff = ({ box, mask }) => {
    mask.remove();
    show(box);
    box.querySelector("[data-said]").textContent = OFF;
  };

  /* `part` is what is left of the picture, in its own pixels; null where it is not a part of it. */
  const follow = (over, part) => {
    if (!over?.mask.isConnected) return;
    const { width, height } = over.mask.dataset;
    const isWithin = part && part.left >= 0 && part.top >= 0 && part.left + part.width <= Number(width) && part.top + part.height <= Number(height);
    if (!isWithin) return takeOff(over);
    store(over.box, { image: over.mask.dataset.picture, ...part }, "The cropped mask", {
      url: document.getElementById("crop-dialog").dataset.cutUrl,
      replaces: over.mask,
      refused: () => takeOff(over),
    });
  };

  /* The mask as it was, with its picture as it was. */
  const putBack = (over) => {
    if (!over?.box.isConnected) return;
    over.mask.querySelector("input[type=hidden]").name = `${over.box.dataset.parameter}_images`;
    listOf(over.box).replaceChildren(over.mask);
    show(over.box);
  };

  window.Proofsheet.pictures.masks = { maskOver, follow, putBack };
})();
