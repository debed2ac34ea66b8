/* Compare pictures: a slider between two, side by side, or one in the place of the other (Space: the next, held: only for the
   moment). 1–4 choose a picture, F circles it. Zoom and pan are compare_lens.js. */
(() => {
  "use strict";
  const root = document.querySelector("[data-compare]");
  if (!root) return;
  const stage = root.querySelector("[data-stage]");
  const figures = [...root.querySelectorAll("[data-view]")];
  const lenses = figures.map((figure) => figure.querySelector("[data-lens]"));
  const live = document.getElementById("announcements");
  const KEPT = "compare-mode";
  const HOLD = 350;
  const LEADS = ["slider", "side", "blink"];
  let current = 0;
  let slider = null;

  const read = () => {
    try {
      return localStorage.getItem(KEPT);
    } catch {
      return null;
    }
  };
  const write = (mode) => {
    try {
      localStorage.setItem(KEPT, mode);
    } catch {
      /* A browser that keeps nothing still works. */
    }
  };

  const choose = (index, { say = false } = {}) => {
    current = (index + figures.length) % figures.length;
    figures.forEach((figure, at) => figure.classList.toggle("is-current", at === current));
    lenses.forEach((lens, at) => lens.classList.toggle("is-shown", at === current));
    figures.forEach((figure, at) => figure.querySelector("[data-show]").setAttribute("aria-pressed", String(at === current)));
    const who = figures[current].querySelector(".compare-who").textContent.trim().replace(/\s+/g, " ");
    if (say) live.textContent = `Picture ${current + 1} of ${figures.length}: ${who}`;
  };

  /* The slider is one to screen readers too: what its element leaves out. */
  const tellSlider = () => {
    slider.setAttribute("aria-valuenow", String(Math.round(slider.value)));
    slider.setAttribute("aria-valuetext", `${Math.round(slider.value)} % of picture 1`);
  };

  const makeSlider = () => {
    slider = document.createElement("img-comparison-slider");
    const attributes = { role: "slider", "aria-label": "Where picture 1 ends and picture 2 begins", "aria-valuemin": "0", "aria-valuemax": "100" };
    for (const [name, value] of Object.entries(attributes)) slider.setAttribute(name, value);
    const handle = document.createElement("span");
    handle.className = "compare-handle";
    handle.slot = "handle";
    handle.append(document.createElement("i"), document.createElement("i"));
    slider.append(handle);
    slider.addEventListener("slide", tellSlider);
    slider.addEventListener("keydown", (event) => {
      if (event.key !== "Home" && event.key !== "End") return;
      event.preventDefault();
      slider.value = event.key === "Home" ? 0 : 100;
      tellSlider();
    });
    tellSlider();
  };

  const setMode = (mode) => {
    root.dataset.mode = mode;
    for (const button of root.querySelectorAll("[data-mode-choice]")) button.setAttribute("aria-pressed", String(button.dataset.modeChoice === mode));
    if (mode === "slider") {
      if (!slider) makeSlider();
      lenses.forEach((lens, at) => {
        lens.slot = at ? "second" : "first";
        slider.append(lens);
      });
      stage.prepend(slider);
    } else {
      lenses.forEach((lens, at) => {
        lens.removeAttribute("slot");
        figures[at].prepend(lens);
      });
      slider?.remove();
    }
    choose(current);
    write(mode);
  };

  const blink = () => {
    if (root.dataset.mode === "blink") choose(current + 1, { say: true });
    else setMode("blink");
  };

  const leaveButton = (event) => {
    /* After a click Space should blink, not press the button once more. */
    if (event.detail) stage.focus({ preventScroll: true });
  };

  root.addEventListener("click", (event) => {
    const mode = event.target.closest("[data-mode-choice]");
    const number = event.target.closest("[data-show]");
    if (mode) {
      if (mode.dataset.modeChoice === "blink") blink();
      else setMode(mode.dataset.modeChoice);
      leaveButton(event);
    } else if (number) {
      choose(Number(number.dataset.show) - 1, { say: true });
    }
  });

  const follow = (event) => {
    if (root.dataset.mode === "blink") return;
    const at = lenses.findIndex((lens, index) => lens.contains(event.target) || figures[index].contains(event.target));
    if (at >= 0 && at !== current) choose(at);
  };
  root.addEventListener("pointerover", follow);
  root.addEventListener("focusin", follow);

  /* In the slider only the handle moves once the pictures can be dragged. */
  root.addEventListener("compare:zoom", (event) => {
    if (slider) slider.handle = event.detail > 1;
  });

  /* Circles -------------------------------------------------------------------------------------------------------- */

  const circle = async (form) => {
    const button = form.querySelector("button");
    const isCircled = button.getAttribute("aria-pressed") !== "true";
    const sent = new FormData(form);
    button.setAttribute("aria-pressed", String(isCircled));
    try {
      const reply = await fetch(form.action, { method: "POST", body: sent, headers: { "HX-Request": "true" } });
      if (!reply.ok) throw new Error(String(reply.status));
      form.elements.favourite.value = isCircled ? "0" : "1";
    } catch {
      button.setAttribute("aria-pressed", String(!isCircled));
      document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: "The circle was not kept. Try again in a moment." }));
    }
  };

  root.addEventListener("submit", (event) => {
    if (!event.target.matches("[data-circle]")) return;
    event.preventDefault();
    circle(event.target);
  });

  /* Keys ----------------------------------------------------------------------------------------------------------- */

  let pressedAt = 0;
  const mayBlink = (event) => event.key === " " && !event.target.matches?.("button, a, input, textarea, select, summary");

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open], :popover-open")) return;
    if (event.target.matches?.("input, textarea, select")) return;
    if (mayBlink(event)) {
      event.preventDefault();
      if (event.repeat) return;
      /* From another mode it only leads here: there is nothing to go back to. */
      pressedAt = root.dataset.mode === "blink" ? event.timeStamp : 0;
      blink();
    } else if (event.key.toLowerCase() === "f") {
      figures[current].querySelector("[data-circle] button").click();
    } else if (figures[Number(event.key) - 1]) {
      choose(Number(event.key) - 1, { say: true });
    }
  });

  document.addEventListener("keyup", (event) => {
    if (!mayBlink(event) || !pressedAt) return;
    if (event.timeStamp - pressedAt > HOLD) choose(current - 1, { say: true });
    pressedAt = 0;
  });

  /* Back to the wall as it was left, where one came from it. */
  root.querySelector("[data-compare-back]").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || history.length < 2) return;
    if (!document.referrer.startsWith(`${location.origin}/`) || new URL(document.referrer).pathname === location.pathname) return;
    event.preventDefault();
    history.back();
  });

  const kept = read();
  const fallback = figures.length === 2 ? "slider" : "side";
  setMode(LEADS.includes(kept) && (kept !== "slider" || figures.length === 2) ? kept : fallback);
})();
