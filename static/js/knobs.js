/* Knobs of the generation form: slider and number in step, the dot and the way back, what is ignored, what a run will be. */
(() => {
  "use strict";
  /* The studio's form, and others that show knobs. */
  const FORMS = "#studio-form, [data-knobs]";
  const formOf = (element) => element.closest(FORMS);
  const controlsOf = (knob) => [...knob.querySelectorAll("[name]:not([type=hidden], [type=file])")];

  const valueOf = (knob) => {
    const [first, ...rest] = controlsOf(knob);
    if (!first) return "";
    if (first.type === "radio") return [first, ...rest].find((radio) => radio.checked)?.value ?? "";
    return first.type === "checkbox" ? String(first.checked) : first.value;
  };

  const defaultOf = (knob) => knob.querySelector("[data-default]")?.dataset.default ?? "";

  const isChanged = (knob) => {
    const value = valueOf(knob);
    const standard = defaultOf(knob);
    if (value === standard) return false;
    return value === "" || standard === "" || Number.isNaN(Number(value)) || Number(value) !== Number(standard);
  };

  const fillRange = (range) => {
    const share = (range.value - range.min) / (range.max - range.min || 1);
    range.style.setProperty("--fill", `${share * 100}%`);
  };

  const showNote = (knob) => {
    const note = knob.querySelector("[data-note-of]");
    const chosen = knob.querySelector("input:checked, option:checked");
    if (note && chosen) note.textContent = chosen.dataset.note ?? "";
  };

  const showKnob = (knob) => {
    if (knob.dataset.widget === "images") return;
    const changed = isChanged(knob);
    knob.classList.toggle("is-changed", changed);
    knob.querySelector("[data-reset]").hidden = !changed;
    const range = knob.querySelector("[data-range]");
    if (range) {
      const typed = knob.querySelector("input[name]").value;
      range.value = typed === "" ? range.min : typed;
      fillRange(range);
    }
    showNote(knob);
  };

  const showIgnored = (form) => {
    for (const knob of form.querySelectorAll("[data-ignored-with]")) {
      const given = form.querySelector(`[data-parameter="${CSS.escape(knob.dataset.ignoredWith)}"] [data-picture]`);
      knob.classList.toggle("is-ignored", Boolean(given));
      knob.querySelector(".knob-control").inert = Boolean(given);
    }
  };

  const showMore = (form) => {
    const more = form.querySelector("[data-more]");
    if (!more) return;
    const changed = more.querySelectorAll(".knob.is-changed").length;
    more.querySelector("[data-changed-count]").textContent = changed ? ` · ${changed} changed` : "";
  };

  const showSummary = (form) => {
    const summary = form.querySelector("[data-summary]");
    if (!summary) return;
    const words = [];
    if (form.dataset.output === "text") {
      words.push("A written answer");
    } else {
      const counter = form.querySelector('[data-knob="num_images"]');
      const count = Number((counter && !counter.classList.contains("is-ignored") && valueOf(counter)) || 1);
      const prompts = Number(document.getElementById("expansion")?.dataset.count ?? 1);
      const all = count * prompts;
      words.push(all === 1 ? "1 image" : `${all} images`);
      const shape = form.querySelector(".aspect input:checked");
      if (shape?.value) words.push(shape.dataset.label);
    }
    summary.textContent = words.join(" · ");
  };

  const showAll = (form) => {
    form.querySelectorAll("[data-knob]").forEach(showKnob);
    showIgnored(form);
    showMore(form);
    showSummary(form);
  };

  const setValue = (knob, value) => {
    for (const control of controlsOf(knob)) {
      if (control.type === "radio") control.checked = control.value === value;
      else if (control.type === "checkbox") control.checked = value === "true";
      else control.value = value;
    }
    showAll(formOf(knob));
  };

  document.addEventListener("input", (event) => {
    const knob = event.target.closest?.("[data-knob]");
    if (!knob || !formOf(knob)) return;
    if (event.target.matches("[data-range]")) knob.querySelector("input[name]").value = event.target.value;
    showAll(formOf(knob));
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-reset], [data-seed-random], [data-seed-keep]");
    if (!button) return;
    const knob = button.closest("[data-knob]");
    if (button.matches("[data-seed-random]")) setValue(knob, "");
    else if (button.matches("[data-seed-keep]")) {
      /* The newest run's seed; before the first run, one drawn here. */
      const last = document.querySelector("#generations [data-seed]")?.dataset.seed;
      const largest = Number(knob.querySelector("input[name]").max) || 2 ** 31 - 1;
      setValue(knob, last ?? String(Math.floor(Math.random() * largest)));
    } else {
      setValue(knob, defaultOf(knob));
      (knob.querySelector(".choice-button") ?? controlsOf(knob)[0])?.focus();
    }
  });

  document.addEventListener("proofsheet:pictures", (event) => showAll(formOf(event.target)));
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll(FORMS).forEach(showAll));
  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.("#studio-form")) showAll(event.target);
    else if (event.target.matches?.("[data-knobs] *")) showAll(formOf(event.target));
    else if (event.target.matches?.("#expansion")) showSummary(formOf(event.target));
  });
})();
