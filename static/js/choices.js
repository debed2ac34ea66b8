/* A list of more than twelve choices gets a search: a button with a menu stands in for the select, which keeps the value. */
(() => {
  "use strict";
  const MOST = 12;

  const build = (tag, attributes, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };

  const show = (select) => {
    const button = document.getElementById(`${select.id}-button`);
    button.textContent = select.selectedOptions[0]?.label ?? "";
    button.disabled = select.disabled;
  };

  const dress = (select) => {
    if (select.options.length <= MOST || select.hidden) return;
    const id = select.id;
    const button = build("button", { type: "button", class: `${select.className} choice-button`, id: `${id}-button`, popovertarget: `${id}-menu`, "aria-haspopup": "listbox", "aria-labelledby": `${id}-label ${id}-button` });
    const search = build("input", { type: "search", class: "input", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: "Search", "aria-label": "Search the choices", "aria-controls": `${id}-list`, "aria-expanded": "true", autofocus: "" });
    const list = build("ul", { role: "listbox", id: `${id}-list`, "aria-labelledby": `${id}-label` });
    for (const option of select.options) list.append(build("li", { role: "option", id: `${id}-choice-${option.index}`, class: "menu-item", "data-choice": option.index }, option.label));
    select.after(button, build("div", { class: "menu choice-menu", id: `${id}-menu`, popover: "", "data-choices-of": id }, search, list));
    select.labels.forEach((label) => label.setAttribute("for", button.id));
    select.hidden = true;
    show(select);
  };

  const selectOf = (menu) => document.getElementById(menu.dataset.choicesOf);
  const visibleIn = (menu) => [...menu.querySelectorAll("[data-choice]:not([hidden])")];

  const point = (menu, choice) => {
    for (const other of menu.querySelectorAll("[data-choice]")) other.setAttribute("aria-selected", String(other === choice));
    menu.querySelector("input").setAttribute("aria-activedescendant", choice?.id ?? "");
    choice?.scrollIntoView({ block: "nearest" });
  };

  const pick = (menu, choice) => {
    const select = selectOf(menu);
    select.selectedIndex = Number(choice.dataset.choice);
    select.dispatchEvent(new Event("input", { bubbles: true }));
    menu.hidePopover();
  };

  document.addEventListener("input", (event) => {
    const menu = event.target.closest?.("[data-choices-of]");
    if (!menu) return;
    const words = event.target.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const choice of menu.querySelectorAll("[data-choice]")) choice.hidden = !words.every((word) => choice.textContent.toLowerCase().includes(word));
    point(menu, visibleIn(menu)[0]);
  });

  document.addEventListener("keydown", (event) => {
    const menu = event.target.closest?.("[data-choices-of]");
    if (!menu || !["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) return;
    const choices = visibleIn(menu);
    const at = choices.findIndex((choice) => choice.getAttribute("aria-selected") === "true");
    if (event.key !== "Enter") point(menu, choices.at((at + (event.key === "ArrowDown" ? 1 : -1)) % choices.length));
    else if (choices[at]) pick(menu, choices[at]);
    event.preventDefault();
    event.stopImmediatePropagation();
  });

  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-choice]");
    if (choice) pick(choice.closest("[data-choices-of]"), choice);
  });

  /* Opened: everything is there again, the chosen one pointed at. */
  document.addEventListener(
    "beforetoggle",
    (event) => {
      const menu = event.target;
      if (!menu.matches?.("[data-choices-of]") || event.newState !== "open") return;
      menu.querySelector("input").value = "";
      for (const choice of menu.querySelectorAll("[data-choice]")) choice.hidden = false;
      requestAnimationFrame(() => point(menu, menu.querySelector(`[data-choice="${selectOf(menu).selectedIndex}"]`)));
    },
    true,
  );

  const LISTS = ":is(.knob-select select, select[data-searchable])";
  const dressAll = (root) => root.querySelectorAll(LISTS).forEach(dress);
  const showAll = () => document.querySelectorAll(`${LISTS}[hidden]`).forEach(show);
  document.addEventListener("input", () => queueMicrotask(showAll));
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("[data-reset]")) queueMicrotask(showAll);
  });
  document.addEventListener("DOMContentLoaded", () => dressAll(document));
  document.addEventListener("htmx:load", (event) => dressAll(event.target));
})();
