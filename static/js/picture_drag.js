/* Carrying reference pictures to another place, or to another parameter. */
(() => {
  "use strict";
  const { boxesOf, listOf, roomIn, show, put, tellPlace, boxOf } = window.Proofsheet.pictures;

  const begin = (drag) => {
    const { picture } = drag;
    drag.home = { box: boxOf(picture), next: picture.nextElementSibling };
    drag.ghost = document.body.appendChild(Object.assign(document.createElement("div"), { className: "input-picture-ghost" }));
    drag.ghost.append(Object.assign(new Image(), { src: picture.querySelector("img").src, alt: "" }));
    picture.classList.add("is-carried");
  };

  const contains = (element, x, y) => {
    const box = element.getBoundingClientRect();
    return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
  };

  /* The picture itself shows where it would go: it stands there already. */
  const follow = ({ picture, ghost, x, y }) => {
    ghost.style.translate = `${x - 32}px ${y - 32}px`;
    const box = boxesOf(picture.closest("form")).find((one) => contains(one, x, y));
    if (!box) return;
    const over = [...listOf(box).children].find((one) => contains(one, x, y));
    if (over === picture) return;
    if (over) {
      const frame = over.getBoundingClientRect();
      put(picture, box, x < frame.left + frame.width / 2 ? over : over.nextElementSibling);
    } else if (box !== boxOf(picture) && roomIn(box) > 0) put(picture, box);
  };

  const end = ({ picture, ghost, home }, isDropped) => {
    ghost.remove();
    picture.classList.remove("is-carried");
    if (!isDropped) put(picture, home.box, home.next?.isConnected ? home.next : null);
    show(boxOf(picture));
    tellPlace(picture);
  };

  const take = (event) => event.target.closest("[data-face]") && { picture: event.target.closest("[data-picture]") };

  Proofsheet.carry({ place: "[data-picture]", take, begin, follow, end });
})();
