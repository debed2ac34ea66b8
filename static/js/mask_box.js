/* Where a mask is given: it shows over the thumbnail of its picture, and a mask that lies over another one says so. */
(() => {
  "use strict";
  const { boxesOf, coveredBy, listOf } = window.Proofsheet.pictures;
  const { readMarks } = window.Proofsheet.strokes;
  const SIDE = 128;

  /* Cropped to the square of the thumbnail, as the picture under it is. */
  const squared = (image) => {
    const side = Math.min(image.naturalWidth, image.naturalHeight);
    const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
    const from = [(image.naturalWidth - side) / 2, (image.naturalHeight - side) / 2];
    canvas.getContext("2d").drawImage(image, ...from, side, side, 0, 0, SIDE, SIDE);
    return canvas;
  };

  const cover = async (picture, mask, marks) => {
    const image = mask.querySelector("img");
    await image.decode().catch(() => null);
    if (!picture.isConnected || !mask.isConnected || !image.naturalWidth) return;
    const veil = readMarks(squared(image), marks, SIDE, SIDE, [209, 67, 47, 165]);
    veil.dataset.veil = mask.dataset.picture;
    picture.querySelectorAll("[data-veil]").forEach((old) => old.remove());
    picture.querySelector("[data-face]").append(veil);
  };

  const isOver = (mask, picture) => {
    const isOfIts = mask.dataset.over ? mask.dataset.over === picture.dataset.picture : true;
    return isOfIts && mask.dataset.width === picture.dataset.width && mask.dataset.height === picture.dataset.height;
  };

  const show = (box) => {
    const mask = listOf(box).querySelector("[data-picture]");
    const pictures = [...listOf(coveredBy(box)).querySelectorAll("[data-picture]")];
    const fits = Boolean(mask && pictures[0] && isOver(mask, pictures[0]));
    box.querySelector("[data-said]").textContent = mask && pictures[0] && !fits ? "Painted over another picture. Paint it anew." : "";
    for (const picture of pictures) if (!fits || picture !== pictures[0]) picture.querySelectorAll("[data-veil]").forEach((old) => old.remove());
    const isThere = fits && pictures[0].querySelector(`[data-veil="${mask.dataset.picture}"]`);
    if (fits && !isThere) cover(pictures[0], mask, box.dataset.maskMarks);
    for (const button of box.querySelectorAll("[data-paint], [data-mask-whole]")) button.disabled = !pictures.length;
  };

  document.addEventListener("proofsheet:pictures", (event) => {
    for (const box of boxesOf(event.target.closest("form"))) if (coveredBy(box)) show(box);
  });
})();
