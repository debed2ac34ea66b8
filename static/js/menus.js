/* Places a popover menu beside the button that opened it; the opening itself is the browser's. */
(() => {
  "use strict";
  const MARGIN = 8;

  /* One menu may serve many buttons: the one that was pressed last counts. */
  let pressed = null;
  const buttonOf = (menu) => {
    const opener = `[popovertarget="${CSS.escape(menu.id)}"]`;
    return pressed?.isConnected && pressed.matches(opener) ? pressed : document.querySelector(opener);
  };
  document.addEventListener("click", (event) => (pressed = event.target.closest?.("[popovertarget]") ?? pressed), true);

  const place = (menu, button) => {
    const from = button.getBoundingClientRect();
    const width = menu.offsetWidth;
    const height = menu.offsetHeight;
    const beside = menu.dataset.menuSide === "end" && innerWidth > 760;
    let left = beside ? from.right + MARGIN : from.left;
    let top = beside ? from.bottom - height : from.bottom + 6;
    if (left + width > innerWidth - MARGIN) left = from.right - width;
    if (top + height > innerHeight - MARGIN) top = from.top - height - 6;
    menu.style.left = `${Math.max(MARGIN, Math.min(left, innerWidth - width - MARGIN))}px`;
    menu.style.top = `${Math.max(MARGIN, top)}px`;
    menu.dataset.placed = "";
  };

  document.addEventListener(
    "toggle",
    (event) => {
      const menu = event.target;
      if (!menu.matches?.("[popover].menu")) return;
      const button = buttonOf(menu);
      button?.setAttribute("aria-expanded", String(event.newState === "open"));
      if (event.newState !== "open" || !button) return;
      place(menu, button);
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
    const opener = event.target.closest?.('[popovertarget][aria-expanded="true"]');
    const menu = opener ? document.getElementById(opener.getAttribute("popovertarget")) : event.target.closest?.("[popover].menu");
    if (!menu) return;
    const items = [...menu.querySelectorAll(".menu-item:not([hidden], :disabled)")];
    if (!items.length) return;
    const at = items.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? at + 1 : at === -1 ? -1 : at - 1;
    items.at(next % items.length)?.focus();
    event.preventDefault();
  });

  /* A menu keeps beside its button while the page moves under it. */
  const placeAgain = () => {
    const menu = document.querySelector("[popover].menu:popover-open");
    const button = menu && buttonOf(menu);
    if (button) place(menu, button);
  };
  addEventListener("scroll", placeAgain, { passive: true });
  document.addEventListener("htmx:afterSettle", placeAgain);
  document.addEventListener("proofsheet:place", placeAgain);
})();
