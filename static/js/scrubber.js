/* The wall's months along the right edge: drag, click or arrow keys jump anywhere. On phones a handle that shows while one
   scrolls. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const LEAST_SPACE = 26;
  const LINGER = 1400;
  const phone = matchMedia("(max-width: 760px)");

  const element = (name, parent) => parent.appendChild(Object.assign(document.createElement("div"), { className: name }));
  const scrubber = Object.assign(document.createElement("div"), { className: "scrubber", tabIndex: 0, hidden: true });
  scrubber.setAttribute("role", "slider");
  scrubber.setAttribute("aria-label", "Time");
  scrubber.setAttribute("aria-orientation", "vertical");
  scrubber.setAttribute("aria-controls", "wall");
  const marks = element("scrubber-marks", scrubber);
  marks.setAttribute("aria-hidden", "true");
  const handle = element("scrubber-handle", scrubber);
  const label = element("scrubber-label", handle);
  label.setAttribute("aria-hidden", "true");

  let stops = [];
  let isDragging = false;
  let aim = null;

  const nameOf = (month, options = { month: "long", year: "numeric" }) =>
    new Date(Math.floor(month / 100), (month % 100) - 1, 1).toLocaleDateString("en", options);

  /* Where each month begins, as a share of the way from top to end. */
  const readStops = (wall) => {
    const found = [];
    wall.heights.sections.forEach((section, index) => {
      if (section.count && section.month !== found.at(-1)?.month) found.push({ month: section.month, top: wall.heights.tops[index] });
    });
    return found;
  };

  const range = (wall) => Math.max(1, wall.heights.total - (innerHeight - wall.headHeight));
  const shareNow = (wall) => Math.max(0, Math.min((wall.y + wall.headHeight) / range(wall), 1));

  const draw = () => {
    const wall = Proofsheet.wall;
    stops = wall?.heights ? readStops(wall) : [];
    scrubber.hidden = !(stops.length && stops[0].month && wall.heights.total > innerHeight * 2);
    if (scrubber.hidden) return;
    scrubber.setAttribute("aria-valuemin", 0);
    scrubber.setAttribute("aria-valuemax", stops.length - 1);
    scrubber.style.top = `${wall.headHeight + 10}px`;
    drawMarks(wall, scrubber.clientHeight);
    show();
  };

  /* Years always, months where there is room for their names; a dot for the others. */
  const drawMarks = (wall, height) => {
    const taken = [];
    const places = stops.map((stop, at) => ({ ...stop, at, y: Math.min(stop.top / range(wall), 1) * height }));
    const isFree = (y) => y < height - 12 && taken.every((other) => Math.abs(other - y) >= LEAST_SPACE);
    const isYear = ({ month, at }) => at > 0 && Math.floor(month / 100) !== Math.floor(stops[at - 1].month / 100);
    const named = new Map();
    for (const place of [...places.filter(isYear), ...places.filter((each) => !isYear(each))]) {
      if (!isFree(place.y)) continue;
      taken.push(place.y);
      named.set(place.at, isYear(place) ? String(Math.floor(place.month / 100)) : nameOf(place.month, { month: "short" }));
    }
    marks.replaceChildren(
      ...places.filter((place) => named.has(place.at) || place.y < height).map((place) => {
        const mark = document.createElement("span");
        mark.className = named.has(place.at) ? "scrubber-mark" : "scrubber-dot";
        mark.textContent = named.get(place.at) ?? "";
        mark.style.top = `${place.y}px`;
        return mark;
      }),
    );
  };

  const stopAt = (y) => Math.max(0, stops.findLastIndex((stop) => stop.top <= y + 1));

  const show = () => {
    const wall = Proofsheet.wall;
    if (scrubber.hidden || !wall?.heights) return;
    const share = shareNow(wall);
    const y = Math.max(0, wall.y + wall.headHeight + 60);
    const at = share > 0.999 && !isAimed() ? stops.length - 1 : current(y);
    const words = nameOf(stops[at].month);
    handle.style.top = `${share * 100}%`;
    label.textContent = words;
    scrubber.setAttribute("aria-valuenow", at);
    scrubber.setAttribute("aria-valuetext", words);
  };

  const goTo = (share) => {
    const wall = Proofsheet.wall;
    if (share <= 0) wall.jump(0, wall.sheetTop);
    else wall.jump(Math.min(share, 1) * range(wall));
    wall.update();
    show();
  };

  /* The last months may end above the top of the screen: what one aimed at counts until one scrolls on. */
  const goToStop = (at) => {
    const wall = Proofsheet.wall;
    const wanted = Math.max(0, Math.min(at, stops.length - 1));
    aim = null;
    goTo(stops[wanted].top / range(wall));
    aim = { at: wanted, y: scrollY };
    show();
  };
  const goToEnd = () => {
    goTo(1);
    aim = { at: stops.length - 1, y: scrollY };
    show();
  };
  const isAimed = () => aim !== null && Math.abs(aim.y - scrollY) < 1;
  const current = (y) => (isAimed() ? aim.at : stopAt(y));

  /* Pointer ---------------------------------------------------------------------------------------------------------- */

  const shareOf = (event) => {
    const box = scrubber.getBoundingClientRect();
    return (event.clientY - box.top) / box.height;
  };

  scrubber.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    isDragging = Proofsheet.wall.isDragged = true;
    aim = null;
    scrubber.setPointerCapture(event.pointerId);
    scrubber.classList.add("is-dragged");
    if (!phone.matches) goTo(shareOf(event));
    event.preventDefault();
  });
  scrubber.addEventListener("pointermove", (event) => {
    if (isDragging) goTo(shareOf(event));
  });
  for (const name of ["pointerup", "pointercancel"]) {
    scrubber.addEventListener(name, () => {
      isDragging = Proofsheet.wall.isDragged = false;
      scrubber.classList.remove("is-dragged");
    });
  }

  /* Keyboard --------------------------------------------------------------------------------------------------------- */

  const yearAway = (at, step) => {
    const wanted = stops[at].month - 100 * step;
    const found = step > 0 ? stops.findIndex((stop) => stop.month <= wanted) : stops.findLastIndex((stop) => stop.month >= wanted);
    return found < 0 ? (step > 0 ? stops.length - 1 : 0) : found;
  };

  scrubber.addEventListener("keydown", (event) => {
    const wall = Proofsheet.wall;
    if (event.ctrlKey || event.metaKey || event.altKey || !stops.length) return;
    const y = wall.y + wall.headHeight;
    const at = current(y);
    const isInside = !isAimed() && y > stops[at].top + 2;
    const keys = {
      ArrowDown: () => goToStop(at + 1),
      ArrowRight: () => goToStop(at + 1),
      ArrowUp: () => goToStop(isInside ? at : at - 1),
      ArrowLeft: () => goToStop(isInside ? at : at - 1),
      PageDown: () => goToStop(yearAway(at, 1)),
      PageUp: () => goToStop(yearAway(at, -1)),
      Home: () => goToStop(0),
      End: () => goToEnd(),
    };
    if (!keys[event.key]) return;
    keys[event.key]();
    event.preventDefault();
    event.stopPropagation();
  });

  /* While it moves ----------------------------------------------------------------------------------------------------- */

  let frame = null;
  let lingering = 0;
  addEventListener(
    "scroll",
    () => {
      frame ??= requestAnimationFrame(() => {
        frame = null;
        show();
      });
      scrubber.classList.add("is-moving");
      clearTimeout(lingering);
      lingering = setTimeout(() => scrubber.classList.remove("is-moving"), LINGER);
    },
    { passive: true },
  );
  addEventListener("resize", draw, { passive: true });
  document.addEventListener("wall:ready", (event) => {
    event.detail.after(scrubber);
    draw();
  });
  for (const name of ["wall:count", "wall:more"]) document.addEventListener(name, draw);
})();
