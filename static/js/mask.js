/* The dialog one paints a mask in: brush and eraser for mouse, pen and finger, and keys for all but the painting. What was
   painted stays in the page when the dialog is closed, until it is stored. */
(() => {
  "use strict";
  const { acts, boxesOf, boxOf, complain, coveredBy, listOf, store } = window.Proofsheet.pictures;
  const { draw, drawPiece, penOf, toFile, readMarks } = window.Proofsheet.strokes;
  const LONGEST = 1600;
  const dialog = () => document.getElementById("mask-dialog");
  const part = (name) => dialog().querySelector(`[data-mask-${name}]`);
  const kept = new Map();
  let work = null;

  const redraw = () => {
    draw(part("canvas"), work, work.steps);
    part("undo").disabled = !work.steps.length;
    part("redo").disabled = !work.undone.length;
    part("done").disabled = !work.steps.length;
  };

  const add = (step) => {
    work.steps.push(step);
    work.undone = [];
    redraw();
  };

  const move = (from, to) => {
    if (!from.length) return;
    to.push(from.pop());
    redraw();
  };

  /* From a hair to half of the picture, finely where it is small. */
  const showSize = () => {
    const least = Math.max(2, Math.max(work.width, work.height) / 400);
    work.size = least * (Math.min(work.width, work.height) / 2 / least) ** (part("size").value / 100);
    part("size-words").textContent = `${Math.round(work.size)} px`;
    if (!part("brush").hidden) showBrush();
  };

  const chooseTool = (name) => {
    work.tool = name;
    for (const button of dialog().querySelectorAll("[data-tool]")) button.setAttribute("aria-pressed", String(button.dataset.tool === name));
  };

  /* In and out ----------------------------------------------------------------------------------------------------- */

  const pictureUnder = (box) => listOf(coveredBy(box)).querySelector("[data-picture]");
  const maskIn = (box) => listOf(box).querySelector("[data-picture]");

  const load = async (address) => {
    const image = new Image();
    image.src = address;
    await image.decode();
    return image;
  };

  const begin = async ({ of, width, height, marks, maskUrl }) => {
    const fresh = { of, width: Number(width), height: Number(height), steps: [], undone: [] };
    if (maskUrl) fresh.steps.push({ kind: "picture", canvas: readMarks(await load(maskUrl), marks, fresh.width, fresh.height) });
    return fresh;
  };

  const open = async (box) => {
    const picture = pictureUnder(box);
    const mask = maskIn(box);
    if (!picture) return complain(box, "Give the picture first: a mask lies over it.");
    const url = new URL(dialog().dataset.paintUrl, location.href);
    const asked = { of: picture.dataset.picture, mask: mask?.dataset.picture ?? "", parameter: box.dataset.parameter, model: box.closest("form").elements.model.value };
    for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
    await window.htmx.ajax("GET", url.pathname + url.search, { target: "#mask-dialog", swap: "innerHTML" });
    const content = dialog().querySelector("[data-mask]");
    if (!content) return complain(box, dialog().textContent.trim());
    const name = `${asked.of} ${asked.mask}`;
    work = kept.get(name) ?? (await begin(content.dataset));
    kept.set(name, work);
    Object.assign(work, { box, name });
    const small = Math.min(1, LONGEST / Math.max(work.width, work.height));
    Object.assign(part("canvas"), { width: Math.round(work.width * small), height: Math.round(work.height * small) });
    dialog().showModal();
    chooseTool("brush");
    dialog().querySelector('[data-tool="brush"]').focus({ focusVisible: false });
    showSize();
    redraw();
  };

  const finish = async () => {
    const { box, name, steps } = work;
    const file = await toFile(work, steps);
    dialog().close();
    if (!box.isConnected) return;
    const done = (mask) => {
      kept.delete(name);
      mask.querySelector("[data-face]").focus();
    };
    store(box, { file, painted: "1" }, "The mask", { replaces: maskIn(box), done });
  };

  /* All of the picture, for whom painting is not possible. */
  const takeWhole = async (box) => {
    const picture = pictureUnder(box);
    if (!picture) return complain(box, "Give the picture first: a mask lies over it.");
    const size = { width: Number(picture.dataset.width), height: Number(picture.dataset.height) };
    store(box, { file: await toFile(size, [{ kind: "fill" }]), painted: "1" }, "The mask", { replaces: maskIn(box) });
  };

  /* The mask's own box, or the one that covers the box of a reference. */
  const boxFor = (picture) => {
    const own = boxOf(picture);
    if (own.dataset.maskOf) return own;
    const isFirst = listOf(own).firstElementChild === picture;
    return isFirst && boxesOf(own.closest("form")).find((box) => coveredBy(box) === own);
  };

  acts.paint = (picture) => open(boxFor(picture));
  document.addEventListener("proofsheet:picture-menu", (event) => {
    event.target.querySelector('[data-act="paint"]').hidden = !boxFor(event.detail.picture);
  });

  document.addEventListener("click", (event) => {
    const opener = event.target.closest?.("[data-paint], [data-mask-whole]");
    if (opener) {
      const box = opener.closest("[data-parameter]");
      if (opener.matches("[data-paint]")) open(box);
      else takeWhole(box);
    }
    const button = work && event.target.closest?.("#mask-dialog button");
    if (!button) return;
    const { dataset } = button;
    if (dataset.tool) chooseTool(dataset.tool);
    else if (dataset.maskStep) add({ kind: dataset.maskStep });
    else if (button.matches("[data-mask-undo]")) move(work.steps, work.undone);
    else if (button.matches("[data-mask-redo]")) move(work.undone, work.steps);
    else if (button.matches("[data-mask-done]")) finish();
    else if (button.matches("[data-close-dialog]")) dialog().close();
  });

  document.addEventListener("input", (event) => {
    if (event.target.matches?.("[data-mask-size]")) showSize();
  });

  const resize = (by) => {
    part("size").value = Number(part("size").value) + by;
    showSize();
  };

  const keys = {
    b: () => chooseTool("brush"),
    e: () => chooseTool("eraser"),
    i: () => add({ kind: "invert" }),
    "[": () => resize(-4),
    "]": () => resize(4),
  };

  document.addEventListener("keydown", (event) => {
    if (!dialog()?.open || event.altKey) return;
    const key = event.key.toLowerCase();
    const isControl = event.ctrlKey || event.metaKey;
    if (isControl && (key === "y" || (key === "z" && event.shiftKey))) move(work.undone, work.steps);
    else if (isControl && key === "z") move(work.steps, work.undone);
    else if (!isControl && keys[key]) keys[key]();
    else return;
    event.preventDefault();
  });

  /* Painting ------------------------------------------------------------------------------------------------------- */

  let stroke = null;
  let pointer = null;
  let last = null;

  const scale = () => part("picture").getBoundingClientRect().width / work.width;

  const pointOf = (event) => {
    const frame = part("canvas").getBoundingClientRect();
    const point = { x: ((event.clientX - frame.left) / frame.width) * work.width, y: ((event.clientY - frame.top) / frame.height) * work.height };
    return event.pointerType === "pen" ? { ...point, pressure: event.pressure } : point;
  };

  const showBrush = () => {
    const brush = part("brush");
    brush.hidden = !last || last.pointerType === "touch";
    if (brush.hidden) return;
    const frame = part("picture").getBoundingClientRect();
    brush.style.width = `${work.size * scale()}px`;
    brush.style.translate = `calc(${last.clientX - frame.left}px - 50%) calc(${last.clientY - frame.top}px - 50%)`;
  };

  const extend = (event) => {
    const pen = penOf(part("canvas"), work);
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) {
      stroke.points.push(pointOf(one));
      drawPiece(pen, stroke, stroke.points.length - 1, "#d1432f");
    }
  };

  document.addEventListener("pointerdown", (event) => {
    if (!event.target.matches?.("[data-mask-canvas]") || stroke || (event.button && event.button !== 5)) return;
    pointer = event.pointerId;
    event.target.setPointerCapture(pointer);
    /* The other end of a pen rubs out. */
    stroke = { kind: "stroke", size: work.size, isErased: work.tool === "eraser" || event.button === 5, points: [] };
    extend(event);
    event.preventDefault();
  });
  document.addEventListener("pointermove", (event) => {
    if (!dialog()?.open) return;
    last = event.target.closest?.("[data-mask-picture]") ? event : null;
    showBrush();
    if (stroke && event.pointerId === pointer) extend(event);
  });
  const lift = (event) => {
    if (!stroke || event.pointerId !== pointer) return;
    const done = stroke;
    stroke = null;
    add(done);
  };
  document.addEventListener("pointerup", lift);
  document.addEventListener("pointercancel", lift);
})();
