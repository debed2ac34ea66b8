/* Dragging reference pictures to another place, or to another parameter, with a mouse or pen. A finger scrolls; it has the
   menu. */
(() => {
  "use strict";
  const { boxesOf, listOf, roomIn, show, put, tellPlace, boxOf } = window.Proofsheet.pictures;
  const FAR_ENOUGH = 5;
  let drag = null;

  const begin = () => {
    const { picture } = drag;
    drag.home = { box: boxOf(picture), next: picture.nextElementSibling };
    drag.ghost = document.body.appendChild(Object.assign(document.createElement("div"), { className: "input-picture-ghost" }));
    drag.ghost.append(Object.assign(new Image(), { src: picture.querySelector("img").src, alt: "" }));
    picture.classList.add("is-carried");
    document.documentElement.classList.add("is-dragging");
  };

  const contains = (element, x, y) => {
    const box = element.getBoundingClientRect();
    return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  };

  /* The picture itself shows where it would go: it stands there already. */
  const follow = () => {
    const { picture, x, y } = drag;
    drag.ghost.style.translate = `${x - 32}px ${y - 32}px`;
    const box = boxesOf(picture.closest("form")).find((one) => contains(one, x, y));
    if (!box) return;
    const over = [...listOf(box).children].find((one) => contains(one, x, y));
    if (over === picture) return;
    if (over) {
      const frame = over.getBoundingClientRect();
      put(picture, box, x < frame.left + frame.width / 2 ? over : over.nextElementSibling);
    } else if (box !== boxOf(picture) && roomIn(box) > 0) put(picture, box);
  };

  const end = (isDropped) => {
    if (!drag) return;
    const { picture, ghost, home } = drag;
    drag = null;
    if (!ghost) return;
    ghost.remove();
    picture.classList.remove("is-carried");
    document.documentElement.classList.remove("is-dragging");
    if (!isDropped) put(picture, home.box, home.next?.isConnected ? home.next : null);
    show(boxOf(picture));
    tellPlace(picture);
    /* The click that ends a drag opens nothing. */
    const swallow = (event) => {
      event.preventDefault();
      event.stopPropagation();
    };
    addEventListener("click", swallow, { capture: true, once: true });
    setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
  };

  document.addEventListener("pointerdown", (event) => {
    const face = event.target.closest?.("[data-face]");
    if (!face || event.button || event.pointerType === "touch") return;
    drag = { picture: face.closest("[data-picture]"), from: [event.clientX, event.clientY] };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    [drag.x, drag.y] = [event.clientX, event.clientY];
    if (!drag.ghost && Math.hypot(drag.x - drag.from[0], drag.y - drag.from[1]) < FAR_ENOUGH) return;
    if (!drag.ghost) begin();
    follow();
  });
  document.addEventListener("pointerup", () => end(true));
  document.addEventListener("pointercancel", () => end(false));
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !drag?.ghost) return;
      event.stopPropagation();
      end(false);
    },
    true,
  );
  document.addEventListener("dragstart", (event) => {
    if (event.target.closest?.("[data-picture]")) event.preventDefault();
  });
})();
