/* The picture page: arrow keys step to the next picture, Escape goes back, a click or Z opens the original to zoom into. */
(() => {
  "use strict";
  const zoom = (link) => {
    const viewer = new PhotoSwipe({
      dataSource: [{ src: link.href, msrc: link.querySelector("img").currentSrc, width: Number(link.dataset.width), height: Number(link.dataset.height), alt: link.querySelector("img").alt, element: link }],
      showHideAnimationType: matchMedia("(prefers-reduced-motion: reduce)").matches ? "none" : "zoom",
      bgOpacity: 0.94,
      wheelToZoom: true,
      maxZoomLevel: 4,
      counter: false,
      arrowPrev: false,
      arrowNext: false,
    });
    viewer.init();
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-zoom]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.PhotoSwipe) return;
    event.preventDefault();
    zoom(link);
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector(".pswp, :popover-open")) return;
    if (event.target.matches("input, textarea, select, .panel-words, .code")) return;
    if (event.key === "z") document.querySelector("[data-zoom]").click();
    else if (event.key === "Escape") document.querySelector(".stage-back").click();
    else document.querySelector(`[data-step="${event.key}"]`)?.click();
  });
})();
