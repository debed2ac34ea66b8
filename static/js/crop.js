/* The crop dialog: a box over the picture, moved and sized by pointer, touch and arrow keys. The server cuts; what leaves here
   is four numbers in pixels of the picture. */
(() => {
  "use strict";
  const { acts, boxOf, complain, masks, show, store } = window.Proofsheet.pictures;
  const LEAST = 16;
  const dialog = () => document.getElementById("crop-dialog");
  const part = (name) => dialog().querySelector(`[data-crop-${name}]`);
  const clamp = (value, least, most) => Math.max(Math.min(value, most), Math.min(least, most));
  const figure = (number) => Number(number).toLocaleString("en");
  let work = null;

  /* The box -------------------------------------------------------------------------------------------------------- */

  const whole = () => ({ left: 0, top: 0, width: work.width, height: work.height });
  const least = () => Math.min(LEAST, work.width, work.height);

  const moved = (box, across, down) => ({
    ...box,
    left: clamp(box.left + across, 0, work.width - box.width),
    top: clamp(box.top + down, 0, work.height - box.height),
  });

  /* The largest box of a shape around the middle of this one. */
  const shaped = (box, ratio) => {
    const width = Math.min(work.width, work.height * ratio);
    const height = width / ratio;
    const left = box.left + (box.width - width) / 2;
    const top = box.top + (box.height - height) / 2;
    return moved({ left, top, width, height }, 0, 0);
  };

  const stretched = (box, edges, across, down) => {
    let [left, top] = [box.left, box.top];
    let [right, bottom] = [left + box.width, top + box.height];
    if (edges.includes("w")) left = clamp(left + across, 0, right - least());
    if (edges.includes("e")) right = clamp(right + across, left + least(), work.width);
    if (edges.includes("n")) top = clamp(top + down, 0, bottom - least());
    if (edges.includes("s")) bottom = clamp(bottom + down, top + least(), work.height);
    return { left, top, width: right - left, height: bottom - top };
  };

  /* With a shape kept, the edges that were not taken hold still; beside an edge the box grows to both sides. */
  const inShape = (start, edges, box) => {
    const { ratio } = work;
    const isAlong = !/[ew]/.test(edges);
    const isAcross = !/[ns]/.test(edges);
    let width = isAlong ? box.height * ratio : isAcross ? box.width : Math.max(box.width, box.height * ratio);
    const middle = { across: start.left + start.width / 2, down: start.top + start.height / 2 };
    const roomAcross = isAlong ? 2 * Math.min(middle.across, work.width - middle.across) : edges.includes("w") ? start.left + start.width : work.width - start.left;
    const roomDown = isAcross ? 2 * Math.min(middle.down, work.height - middle.down) : edges.includes("n") ? start.top + start.height : work.height - start.top;
    width = Math.min(Math.max(width, least(), least() * ratio), roomAcross, roomDown * ratio);
    const height = width / ratio;
    const left = isAlong ? middle.across - width / 2 : edges.includes("w") ? start.left + start.width - width : start.left;
    const top = isAcross ? middle.down - height / 2 : edges.includes("n") ? start.top + start.height - height : start.top;
    return { left, top, width, height };
  };

  const sized = (start, edges, across, down) => {
    const box = stretched(start, edges, across, down);
    return work.ratio ? inShape(start, edges, box) : box;
  };

  const inPixels = ({ left, top, width, height }) => {
    const [x, y] = [Math.round(left), Math.round(top)];
    return { left: x, top: y, width: Math.min(Math.round(width), work.width - x), height: Math.min(Math.round(height), work.height - y) };
  };

  const isWhole = ({ left, top, width, height }) => !left && !top && width === work.width && height === work.height;

  const draw = (box) => {
    work.box = box;
    const frame = part("box").style;
    frame.left = `${(box.left / work.width) * 100}%`;
    frame.top = `${(box.top / work.height) * 100}%`;
    frame.width = `${(box.width / work.width) * 100}%`;
    frame.height = `${(box.height / work.height) * 100}%`;
    const pixels = inPixels(box);
    part("size").textContent = `${figure(pixels.width)} × ${figure(pixels.height)} px${isWhole(pixels) ? ", the whole picture" : ""}`;
  };

  const chooseShape = (chip) => {
    for (const other of dialog().querySelectorAll("[data-ratio]")) other.setAttribute("aria-pressed", String(other === chip));
    work.ratio = Number(chip.dataset.ratio);
    if (work.ratio) draw(shaped(work.box, work.ratio));
  };

  /* In and out ----------------------------------------------------------------------------------------------------- */

  const open = async (picture) => {
    const url = new URL(dialog().dataset.cropUrl, location.href);
    url.searchParams.set("image", picture.dataset.picture);
    url.searchParams.set("model", picture.closest("form").elements.model.value);
    await window.htmx.ajax("GET", url.pathname + url.search, { target: "#crop-dialog", swap: "innerHTML" });
    const content = dialog().querySelector("[data-crop]");
    if (!content) return complain(boxOf(picture), dialog().textContent.trim());
    const { image, width, height, box } = content.dataset;
    const [left, top, across, down] = box.split(",").map(Number);
    // Where the picture lies in what is cut: all of it, or the part it was cut out of before.
    work = { picture, image, width: Number(width), height: Number(height), ratio: 0, origin: { left, top } };
    dialog().showModal();
    draw({ left, top, width: across, height: down });
  };

  /* The thumbnail that was there before; nothing needs to be stored anew. */
  const putBack = (now, before, over) => {
    if (!now.isConnected) return;
    const box = boxOf(now);
    before.querySelector("input[type=hidden]").name = `${box.dataset.parameter}_images`;
    now.replaceWith(before);
    show(box);
    masks.putBack(over);
    before.querySelector("[data-face]").focus();
  };

  const offerUndo = (text, now, before, over) => {
    now.querySelector("[data-face]").focus();
    document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: { text, undo: () => putBack(now, before, over) } }));
  };

  const uncut = (picture) => {
    const over = masks.maskOver(picture);
    store(boxOf(picture), { image: picture.dataset.original }, "The original", {
      replaces: picture,
      done: (now) => {
        masks.follow(over, null);
        offerUndo("The original is back.", now, picture, over);
      },
    });
  };

  const finish = () => {
    const { picture, image, origin } = work;
    const pixels = inPixels(work.box);
    dialog().close();
    if (!picture.isConnected) return;
    if (isWhole(pixels) && image === picture.dataset.picture) return;
    const fields = { image, ...pixels };
    const over = masks.maskOver(picture);
    const part = { ...pixels, left: pixels.left - origin.left, top: pixels.top - origin.top };
    store(boxOf(picture), fields, "The cropped picture", {
      url: dialog().dataset.cutUrl,
      replaces: picture,
      done: (now) => {
        masks.follow(over, part);
        offerUndo(`Cropped to ${figure(now.dataset.width)} × ${figure(now.dataset.height)}.`, now, picture, over);
      },
    });
  };

  Object.assign(acts, { crop: open, uncut });
  document.addEventListener("proofsheet:picture-menu", (event) => {
    event.target.querySelector('[data-act="uncut"]').hidden = !event.detail.picture.dataset.original;
  });

  document.addEventListener("click", (event) => {
    if (!work || !event.target.closest?.("#crop-dialog")) return;
    const chip = event.target.closest("[data-ratio]");
    if (chip) chooseShape(chip);
    else if (event.target.closest("[data-crop-all]")) {
      chooseShape(dialog().querySelector('[data-ratio=""]'));
      draw(whole());
    } else if (event.target.closest("[data-crop-done]")) finish();
    else if (event.target.closest("[data-close-dialog]")) dialog().close();
  });

  /* Pointer and keys ----------------------------------------------------------------------------------------------- */

  const scale = () => part("picture").getBoundingClientRect().width / work.width;
  let drag = null;

  document.addEventListener("pointerdown", (event) => {
    const frame = event.target.closest?.("[data-crop-box]");
    if (!frame || event.button) return;
    drag = { x: event.clientX, y: event.clientY, start: work.box, edges: event.target.closest("[data-edges]")?.dataset.edges ?? "" };
    event.target.setPointerCapture(event.pointerId);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const [across, down] = [(event.clientX - drag.x) / scale(), (event.clientY - drag.y) / scale()];
    draw(drag.edges ? sized(drag.start, drag.edges, across, down) : moved(drag.start, across, down));
  });
  const letGo = () => (drag = null);
  document.addEventListener("pointerup", letGo);
  document.addEventListener("pointercancel", letGo);

  /* One pixel of the screen at a time, ten with Shift. */
  document.addEventListener("keydown", (event) => {
    if (!event.target.closest?.("[data-crop-box]")) return;
    const step = Math.max(1, Math.round(1 / scale())) * (event.shiftKey ? 10 : 1);
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[event.key];
    const edges = event.target.dataset.edges;
    if (event.key === "Enter" && !edges) finish();
    else if (by) draw(edges ? sized(work.box, edges, ...by) : moved(work.box, ...by));
    else return;
    event.preventDefault();
  });

  /* A drag that ends beside the dialog is no click beside it. */
  document.addEventListener(
    "click",
    (event) => {
      if (event.target.matches?.(".darkroom-dialog")) event.stopPropagation();
    },
    true,
  );
})();
