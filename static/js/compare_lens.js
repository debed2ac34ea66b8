/* Linked zoom and pan: every [data-lens] shows the same place of its picture at the same magnification, whatever its size.
   The original is asked for only where the preview's pixels no longer suffice. */
(() => {
  "use strict";
  const stage = document.querySelector("[data-stage]");
  if (!stage) return;
  const root = stage.closest("[data-compare]");
  const lenses = [...stage.querySelectorAll("[data-lens]")];
  const toggle = root.querySelector("[data-zoom-toggle]");
  const words = root.querySelector("[data-zoom-words]");
  const STEP = 1.5;
  const QUIET = 300;
  /* `x` and `y` say which place is in the middle, as parts of the picture; `zoom` is times the size that fits. */
  const state = { zoom: 1, x: 0.5, y: 0.5 };
  const clamp = (value, least, most) => Math.min(Math.max(value, least), most);

  const measure = (lens) => {
    const width = Number(lens.dataset.width);
    const height = Number(lens.dataset.height);
    const box = { width: lens.clientWidth, height: lens.clientHeight };
    const fit = Math.min(box.width / width, box.height / height);
    return { box, fit, width: width * fit * state.zoom, height: height * fit * state.zoom };
  };

  const place = (center, size, room) => (size <= room ? (room - size) / 2 : clamp(room / 2 - center * size, room - size, 0));

  const needsOriginal = (lens, { fit, width }) => {
    const preview = Number(lens.dataset.previewWidth);
    const holdsMore = Number(lens.dataset.width) > preview;
    return fit > 0 && width * devicePixelRatio > preview * 1.05 && (holdsMore || state.zoom > 1);
  };

  const sharpen = async (lens) => {
    if (lens.dataset.sharp) return;
    lens.dataset.sharp = "loading";
    const picture = new Image();
    picture.src = lens.dataset.original;
    try {
      await picture.decode();
      lens.querySelector("img").src = picture.src;
      lens.dataset.sharp = "yes";
    } catch {
      delete lens.dataset.sharp;
    }
  };

  /* The middle may wander as far as the largest picture needs. */
  const keepInside = () => {
    for (const [axis, side] of [["x", "width"], ["y", "height"]]) {
      const least = Math.min(...lenses.map(measure).map((size) => (size[side] > size.box[side] ? size.box[side] / 2 / size[side] : 0.5)));
      state[axis] = clamp(state[axis], least, 1 - least);
    }
  };

  const show = () => {
    keepInside();
    for (const lens of lenses) {
      const size = measure(lens);
      const left = place(state.x, size.width, size.box.width);
      const top = place(state.y, size.height, size.box.height);
      const picture = lens.querySelector("img");
      picture.style.width = `${size.width / state.zoom}px`;
      picture.style.height = `${size.height / state.zoom}px`;
      picture.style.transform = `translate(${left}px, ${top}px) scale(${state.zoom})`;
      if (needsOriginal(lens, size)) sharpen(lens);
    }
    root.classList.toggle("is-zoomed", state.zoom > 1);
    toggle.setAttribute("aria-pressed", String(state.zoom > 1));
    words.textContent = state.zoom > 1 ? `${Math.round(measure(lenses[0]).fit * state.zoom * 100)} %` : "Fit";
    root.dispatchEvent(new CustomEvent("compare:zoom", { detail: state.zoom }));
  };

  const zoomTo = (zoom, lens = lenses[0], at = null) => {
    const before = measure(lens);
    const wanted = clamp(zoom, 1, Math.max(8, 4 / before.fit));
    if (at) {
      const frame = lens.getBoundingClientRect();
      const spot = { x: at.x - frame.left, y: at.y - frame.top };
      const under = {
        x: (spot.x - place(state.x, before.width, before.box.width)) / before.width,
        y: (spot.y - place(state.y, before.height, before.box.height)) / before.height,
      };
      const grown = wanted / state.zoom;
      state.x = clamp(under.x, 0, 1) - (spot.x - before.box.width / 2) / (before.width * grown);
      state.y = clamp(under.y, 0, 1) - (spot.y - before.box.height / 2) / (before.height * grown);
    }
    state.zoom = wanted;
    show();
  };

  /* Actual pixels; a picture that is smaller than its frame has them already and is doubled. */
  const toggleActual = (lens, at) => {
    const actual = 1 / measure(lens).fit;
    zoomTo(state.zoom > 1 ? 1 : actual > 1.05 ? actual : 2, lens, at);
  };

  const pan = (lens, byX, byY) => {
    const size = measure(lens);
    state.x -= byX / size.width;
    state.y -= byY / size.height;
    show();
  };

  /* Pointers ------------------------------------------------------------------------------------------------------- */

  const down = new Map();
  let moved = false;
  let wheeledAt = 0;

  const isOnHandle = (event) => {
    const handle = stage.querySelector("img-comparison-slider")?.shadowRoot.getElementById("handle");
    const box = handle?.getBoundingClientRect();
    return Boolean(box) && event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  };

  const spread = () => {
    const [one, two] = [...down.values()];
    return { apart: Math.hypot(one.x - two.x, one.y - two.y), x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 };
  };

  stage.addEventListener("pointerdown", (event) => {
    const lens = event.target.closest?.("[data-lens]");
    if (!lens || event.button || isOnHandle(event)) return;
    down.set(event.pointerId, { x: event.clientX, y: event.clientY, lens });
    moved = down.size > 1;
    if (state.zoom > 1 || down.size > 1) lens.setPointerCapture(event.pointerId);
  });

  stage.addEventListener("pointermove", (event) => {
    const held = down.get(event.pointerId);
    if (!held) return;
    const before = down.size === 2 ? spread() : null;
    const by = { x: event.clientX - held.x, y: event.clientY - held.y };
    if (!moved && Math.hypot(by.x, by.y) < 4) return;
    moved = true;
    Object.assign(held, { x: event.clientX, y: event.clientY });
    if (before) {
      const after = spread();
      pan(held.lens, after.x - before.x, after.y - before.y);
      zoomTo((state.zoom * after.apart) / (before.apart || 1), held.lens, after);
    } else if (state.zoom > 1) {
      root.classList.add("is-held");
      pan(held.lens, by.x, by.y);
    }
  });

  const release = (event) => {
    down.delete(event.pointerId);
    if (!down.size) root.classList.remove("is-held");
  };
  stage.addEventListener("pointerup", release);
  stage.addEventListener("pointercancel", release);

  stage.addEventListener("click", (event) => {
    const lens = event.target.closest?.("[data-lens]");
    if (!lens || moved || event.pointerType === "touch" || root.dataset.mode === "slider") return;
    toggleActual(lens, { x: event.clientX, y: event.clientY });
  });

  stage.addEventListener("dblclick", (event) => {
    const lens = event.target.closest?.("[data-lens]");
    if (!lens || (event.pointerType !== "touch" && root.dataset.mode !== "slider")) return;
    toggleActual(lens, { x: event.clientX, y: event.clientY });
  });

  /* The wheel scrolls the page to the table below, unless somebody zooms already or holds Ctrl, as a trackpad's pinch does. */
  stage.addEventListener(
    "wheel",
    (event) => {
      const lens = event.target.closest?.("[data-lens]");
      const isZooming = event.ctrlKey || event.metaKey || state.zoom > 1;
      if (!lens || (!isZooming && event.timeStamp - wheeledAt > QUIET)) return;
      event.preventDefault();
      wheeledAt = event.timeStamp;
      if (isZooming) zoomTo(state.zoom * Math.exp(-clamp(event.deltaY, -60, 60) / 150), lens, { x: event.clientX, y: event.clientY });
    },
    { passive: false },
  );

  /* Keys ----------------------------------------------------------------------------------------------------------- */

  toggle.addEventListener("click", () => toggleActual(lenses[0], null));

  const keys = {
    "+": () => zoomTo(state.zoom * STEP),
    "=": () => zoomTo(state.zoom * STEP),
    "-": () => zoomTo(state.zoom / STEP),
    0: () => zoomTo(1),
    z: () => toggleActual(lenses[0], null),
  };
  const arrows = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.target.matches?.("input, textarea, select, img-comparison-slider")) return;
    const by = arrows[event.key];
    if (by && state.zoom > 1) pan(lenses[0], (by[0] * lenses[0].clientWidth) / 8, (by[1] * lenses[0].clientHeight) / 8);
    else if (keys[event.key.toLowerCase()]) keys[event.key.toLowerCase()]();
    else return;
    event.preventDefault();
  });

  const watcher = new ResizeObserver(show);
  lenses.forEach((lens) => watcher.observe(lens));
})();
