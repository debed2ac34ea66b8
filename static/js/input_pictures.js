/* Reference pictures in their boxes, one for each parameter that takes some: their numbers, and where chosen, dropped and
   pasted ones go. Their ids travel with the form, in the order shown. */
(() => {
  "use strict";
  const { boxesOf, listOf, roomIn, show, store, complain, clearComplaints } = window.Proofsheet.pictures;

  const number = (box) => {
    const pictures = [...listOf(box).children];
    pictures.forEach((picture, at) => {
      const place = pictures.length > 1 ? ` ${at + 1} of ${pictures.length}` : "";
      const shown = picture.querySelector("[data-number]");
      if (shown) shown.textContent = at + 1;
      picture.querySelector("[data-face]")?.setAttribute("aria-label", `${box.dataset.label}: picture${place}`);
    });
  };

  const showBox = (box) => {
    box.classList.toggle("is-full", roomIn(box) <= 0);
    number(box);
  };

  const limitOf = (box) => `${box.dataset.label} takes ${box.dataset.maxImages}`;

  /* With several parameters it is not plain where a picture went. */
  const tell = (box, number) => {
    const boxes = boxesOf(box.closest("form")).filter((one) => !one.dataset.maskOf);
    if (number < 1 || boxes.length < 2) return;
    const words = `${number === 1 ? "Put" : `${number} pictures put`} under ${box.dataset.label}.`;
    for (const place of [box.querySelector("[data-said]"), document.getElementById("announcements")]) place.textContent = words;
  };

  const begin = (box) => boxesOf(box.closest("form")).forEach(clearComplaints);

  const take = (box, files) => {
    begin(box);
    const largest = Number(box.dataset.maxMegabytes) * 1024 * 1024;
    const room = Math.max(roomIn(box), 0);
    const fitting = [...files].slice(0, room).filter((file) => file.size <= largest);
    for (const file of fitting) store(box, { file }, file.name || "The picture");
    tell(box, fitting.length);
    for (const file of [...files].slice(0, room)) if (file.size > largest) complain(box, `${file.name} is larger than ${box.dataset.maxMegabytes} MB.`);
    if (files.length > room) complain(box, `${limitOf(box)}; the rest was left out.`);
  };

  /* Other sources (the library, an address) hand their pictures over by this event on the box. */
  document.addEventListener("proofsheet:take", (event) => {
    const box = event.target;
    begin(box);
    if (roomIn(box) > 0) {
      store(box, event.detail.fields, event.detail.name, { refused: event.detail.refused });
      tell(box, 1);
    } else {
      complain(box, `${limitOf(box)}.`);
      event.detail.refused?.(box);
    }
  });

  /* The box under the pointer; for what lands elsewhere on the page the first with room. */
  const boxUnder = (target) => {
    const near = target.closest?.("[data-parameter]") ?? target.closest?.("[data-knob]")?.querySelector("[data-parameter]");
    if (near) return near;
    const form = target.closest?.("[data-takes-pictures]") ?? document.querySelector("[data-takes-pictures]");
    const boxes = form ? boxesOf(form).filter((box) => !box.dataset.maskOf) : [];
    return boxes.find((box) => roomIn(box) > 0) ?? boxes[0];
  };

  /* A paste has no place of its own: it goes where the mouse rests, or where the focus is. */
  let under = null;
  document.addEventListener("pointermove", (event) => {
    under = event.pointerType === "mouse" ? event.target : null;
  });
  const boxForPaste = (target) => boxUnder(under?.isConnected && under.closest?.("[data-parameter]") ? under : target);

  document.addEventListener("change", (event) => {
    const box = event.target.matches?.('[data-parameter] input[type="file"]') && boxUnder(event.target);
    if (!box) return;
    take(box, event.target.files);
    event.target.value = "";
  });

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    const box = files.length && !document.querySelector("dialog[open]") && boxForPaste(event.target);
    if (!box) return;
    event.preventDefault();
    take(box, files);
  });

  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const clearOver = () => document.querySelectorAll(".is-over").forEach((box) => box.classList.remove("is-over"));

  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    clearOver();
    boxUnder(event.target)?.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) clearOver();
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    clearOver();
    const box = boxUnder(event.target);
    if (box) take(box, event.dataTransfer.files);
  });

  const showAll = (root) => root.querySelectorAll("[data-parameter]").forEach(show);
  document.addEventListener("proofsheet:pictures", (event) => showBox(event.target));
  document.addEventListener("DOMContentLoaded", () => showAll(document));
  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.("[data-takes-pictures]")) showAll(event.target);
  });
})();
