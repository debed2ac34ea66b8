/* One way to look at pictures large, by PhotoSwipe: a preview at first, its thumbnail until that has come; the original only
   for the picture that is looked at, and only once its pixels are needed. The stage of a page and the lightbox both use it. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const MOMENT = 150;
  const PREVIEW = 1280;

  /* As the thumbnails are made: at most so wide and twice that high, never enlarged. */
  const previewWidth = ({ width, height }) => Math.round(width * Math.min(1, PREVIEW / width, (2 * PREVIEW) / height));

  const needsOriginal = (slide) => {
    const { original, src, width } = slide.data;
    if (!original || original === src || slide.content.isSharp) return false;
    const isZoomed = slide.currZoomLevel > slide.zoomLevels.initial * 1.02;
    const has = previewWidth(slide.data);
    return slide.currZoomLevel * width * devicePixelRatio > has * 1.05 && (has < width || isZoomed);
  };

  const sharpen = async (slide) => {
    const { content } = slide;
    if (!content.element || !needsOriginal(slide)) return;
    content.isSharp = true;
    const picture = new Image();
    picture.src = slide.data.original;
    try {
      await picture.decode();
      if (content.element) content.element.src = picture.src;
    } catch {
      content.isSharp = false;
    }
  };

  /* `count()` and `itemAt(index)` say what there is, `thumbnailOf(index)` where it grows from and shrinks to; the rest are
     PhotoSwipe's options. */
  Proofsheet.openViewer = ({ count, itemAt, thumbnailOf, prepare, ...options }) => {
    const viewer = new PhotoSwipe({
      dataSource: [],
      bgOpacity: 1,
      loop: false,
      preload: [1, 1],
      wheelToZoom: true,
      imageClickAction: "zoom",
      doubleTapAction: "zoom",
      showAnimationDuration: MOMENT,
      hideAnimationDuration: MOMENT,
      zoomAnimationDuration: MOMENT,
      showHideAnimationType: matchMedia("(prefers-reduced-motion: reduce)").matches ? "none" : "zoom",
      secondaryZoomLevel: (levels) => (levels.fit < 0.95 ? 1 : 2),
      maxZoomLevel: (levels) => Math.max(4, levels.fit * 4),
      errorMsg: "This picture did not come. It may be gone, or the server did not answer.",
      counter: false,
      zoom: false,
      arrowPrev: false,
      arrowNext: false,
      ...options,
    });
    viewer.addFilter("numItems", count);
    viewer.addFilter("itemData", (_, index) => itemAt(index));
    viewer.addFilter("thumbEl", (_, __, index) => thumbnailOf(index));
    viewer.addFilter("placeholderSrc", (_, content) => content.data.msrc ?? false);
    const look = () => viewer.currSlide && !viewer.opener.isClosing && sharpen(viewer.currSlide);
    for (const name of ["zoomPanUpdate", "change", "resize", "openingAnimationEnd"]) viewer.on(name, look);
    /* PhotoSwipe leaves its height to the thumbnail, whose few pixels make a narrow picture too high to stand in the middle. */
    viewer.on("contentResize", ({ content, width, height }) => {
      const thumbnail = content.placeholder?.element;
      if (thumbnail?.tagName === "IMG" && width) thumbnail.style.height = `${(parseFloat(thumbnail.style.width) * height) / width}px`;
    });
    prepare?.(viewer);
    viewer.init();
    /* Every move of a finger is PhotoSwipe's. One that Chromium took for a scroll too would go on as a fling, and the next tap
       would only end that: Close would have to be pressed twice. */
    viewer.element.addEventListener("touchmove", (event) => event.cancelable && event.preventDefault(), { passive: false });
    return viewer;
  };
})();
