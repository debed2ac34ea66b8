/* The picture page: arrow keys step to the next picture, Escape goes back, a click or Z shows the picture large. */
(() => {
  "use strict";
  const enlarge = (link) => {
    const picture = link.querySelector("img");
    const item = {
      src: picture.src,
      original: link.dataset.original ?? link.href,
      msrc: picture.currentSrc || picture.src,
      width: Number(link.dataset.width),
      height: Number(link.dataset.height),
      alt: picture.alt,
      element: link,
    };
    window.Proofsheet.openViewer({ count: () => 1, itemAt: () => item, thumbnailOf: () => picture });
  };

  /* Reloaded over a wall's lightbox, a step back stays in this document for the browser: the wall must come anew. */
  const { pathname } = location;
  addEventListener("popstate", () => {
    if (location.pathname !== pathname) location.reload();
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-zoom]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.PhotoSwipe) return;
    event.preventDefault();
    enlarge(link);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector(".pswp, :popover-open, dialog[open]")) return;
    if (event.target.matches("input, textarea, select, .panel-words, .code")) return;
    if (event.key === "z") document.querySelector("[data-zoom]").click();
    else if (event.key === "Escape") document.querySelector(".stage-back")?.click();
    else document.querySelector(`[data-step="${event.key}"]`)?.click();
  });
})();
