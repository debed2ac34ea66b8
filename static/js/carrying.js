/* Carrying a picture to another place with a mouse or pen. A finger scrolls; it has the menu. */
(() => {
  "use strict";
  const FAR_ENOUGH = 6;
  const Proofsheet = (window.Proofsheet ??= {});

  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };

  /* `take` gives what a press on the place would carry, or nothing. It begins once the pointer has gone far enough, follows it from
     then on with its x and y, and ends dropped or put back. */
  Proofsheet.carry = ({ place, take, begin, follow, end }) => {
    let carried = null;

    const finish = (isDropped) => {
      const ended = carried;
      carried = null;
      if (!ended?.hasBegun) return;
      document.documentElement.classList.remove("is-dragging");
      end(ended, isDropped);
      /* The click that ends it opens nothing. */
      addEventListener("click", swallow, { capture: true, once: true });
      setTimeout(() => removeEventListener("click", swallow, { capture: true }), 0);
    };

    document.addEventListener("pointerdown", (event) => {
      if (event.button || event.pointerType === "touch" || !event.target.closest?.(place)) return;
      const taken = take(event);
      carried = taken && { ...taken, from: [event.clientX, event.clientY] };
    });
    document.addEventListener("pointermove", (event) => {
      if (!carried) return;
      [carried.x, carried.y] = [event.clientX, event.clientY];
      if (!carried.hasBegun) {
        if (Math.hypot(carried.x - carried.from[0], carried.y - carried.from[1]) < FAR_ENOUGH) return;
        carried.hasBegun = true;
        document.documentElement.classList.add("is-dragging");
        begin(carried);
      }
      follow(carried);
    });
    document.addEventListener("pointerup", () => finish(true));
    document.addEventListener("pointercancel", () => finish(false));
    document.addEventListener(
      "keydown",
      (event) => {
        if (event.key !== "Escape" || !carried?.hasBegun) return;
        event.stopPropagation();
        finish(false);
      },
      true,
    );
    /* The browser would carry the picture itself. */
    document.addEventListener("dragstart", (event) => event.target.closest?.(place) && event.preventDefault());
  };
})();
