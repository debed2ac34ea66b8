/* Whoever works for a group begins with what that group has at first: who sees it. */
(() => {
  "use strict";
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-for-group]")) return;
    const seenBy = event.target.selectedOptions[0]?.dataset.visibility;
    const visibility = event.target.form?.elements.visibility;
    if (!seenBy || !visibility) return;
    visibility.value = seenBy;
    visibility.dispatchEvent(new Event("change", { bubbles: true }));
  });
})();
