/* The forms one had before, in this tab: after a recall from the library and after a reload Undo still brings them back. */
(() => {
  "use strict";
  const KEY = "former-forms";
  const MOST = 12;
  const NAMES = ["former", "later"];
  const BESIDE = ["csrfmiddlewaretoken", "model", "previous_model", "submission"];
  const note = () => document.getElementById("filled-note");
  const field = (name) => document.getElementById(name);

  const listIn = (text) => {
    try {
      return JSON.parse(text || "[]");
    } catch {
      return [];
    }
  };

  /* The form as it stands, in the words of the server. */
  const read = (form) => {
    const step = { model_key: form.elements.namedItem("previous_model").value, values: {}, inputs: {} };
    for (const [name, value] of new FormData(form)) {
      if (typeof value !== "string" || BESIDE.includes(name)) continue;
      if (form.querySelector(`[data-picture] input[name="${CSS.escape(name)}"]`)) (step.inputs[name.replace(/_images$/, "")] ??= []).push(Number(value));
      else step.values[name] = name in step.values ? `${step.values[name]},${value}` : value;
    }
    for (const box of form.querySelectorAll('input[type="checkbox"][name]:not(:checked)')) step.values[box.name] ??= "false";
    return step;
  };

  const leave = () => {
    if (!field("former")) return;
    const form = field("former").form;
    const words = note()?.hidden === false ? note().querySelector("[data-words]").textContent : "";
    const left = { owner: field("former").dataset.owner, address: location.href, form: read(form), former: field("former").value, later: field("later").value, words };
    try {
      sessionStorage.setItem(KEY, JSON.stringify(left));
    } catch {
      /* A browser that keeps nothing still works. */
    }
  };

  const left = () => {
    try {
      return JSON.parse(sessionStorage.getItem(KEY));
    } catch {
      return null;
    }
  };

  const show = (words) => {
    for (const [step, name] of [["undo", "former"], ["redo", "later"]]) {
      note().querySelector(`[data-step="${step}"]`).hidden = !field(name).value;
    }
    if (words) note().querySelector("[data-words]").textContent = words;
    if (words || "recalled" in field("former").dataset) note().hidden = false;
  };

  const arrive = () => {
    const before = left();
    if (before && before.owner === field("former").dataset.owner) {
      const isReload = performance.getEntriesByType("navigation")[0]?.type === "reload" && before.address === location.href;
      if (isReload) {
        field("later").value = before.later;
        field("former").value = before.former;
      } else if ("recalled" in field("former").dataset || before.form.model_key !== read(field("former").form).model_key) {
        field("former").value = JSON.stringify([...listIn(before.former), before.form].slice(-MOST));
      } else field("former").value = before.former;
      show(isReload ? before.words : "");
    }
    if (!note().hidden && note().dataset.sentence) document.getElementById("announcements").textContent = note().dataset.sentence;
  };

  document.addEventListener("DOMContentLoaded", () => field("former") && arrive());
  addEventListener("pagehide", leave);

  /* They travel only where the whole form may come back: not with a draft, nor with a question about the price. */
  const takeOut = () => NAMES.forEach((name) => field(name) && (field(name).disabled = true));
  document.addEventListener("DOMContentLoaded", takeOut);
  document.addEventListener("htmx:load", (event) => event.target.matches?.("#studio-form") && takeOut());
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, parameters } = event.detail;
    if (elt.matches("form, button") && elt.closest("form") === field("former")?.form) for (const name of NAMES) parameters[name] = field(name).value;
  });

  /* A knob that is set anew is no longer what the change of the model made of it. */
  document.addEventListener("input", (event) => event.target.closest?.("[data-knob]")?.querySelector("[data-was]")?.remove());

  /* A form that comes back with its errors brings no note along that was not there. */
  let wasAway = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr } = event.detail;
    if (target === field("former")?.form) wasAway = note().hidden && xhr.status === 422;
  });
  document.addEventListener("htmx:load", (event) => {
    if (wasAway && event.target.matches?.("#studio-form")) note().hidden = true;
  });

  /* What was run is settled. */
  document.addEventListener("htmx:afterRequest", (event) => {
    const { elt, xhr, pathInfo } = event.detail;
    if (note() && elt === field("former")?.form && xhr.status === 200 && pathInfo.requestPath === elt.getAttribute("action")) note().hidden = true;
  });

  /* The button just pressed is gone: its neighbour in the new form, or the prompt, is where one goes on. */
  document.addEventListener("htmx:afterSettle", (event) => {
    if (!event.detail.requestConfig?.elt.matches?.("[data-step]")) return;
    (note().querySelector("[data-step]:not([hidden])") ?? document.getElementById("prompt")).focus();
  });
})();
