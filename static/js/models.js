/* The model picker: filters as one types, moves by arrow keys over the grid, stars by F, and hands the choice to the form
   without losing what stands in it. */
(() => {
  "use strict";
  const boxOf = (element) => element.closest?.("[data-models]");
  const cardsOf = (box) => [...box.querySelectorAll("[data-model]")];
  const searchOf = (box) => box.querySelector('input[name="q"]');
  const linkOf = (card) => card.querySelector(".model-link");
  const chosenChips = (box) => [...box.querySelectorAll('[data-capability][aria-current="true"]')];

  const visibleIn = (box) => {
    const cards = cardsOf(box).filter((card) => !card.hidden);
    return cards.sort((one, other) => one.style.order - other.style.order);
  };

  /* One stop for the Tab key in the whole grid: the card the arrows left last. */
  const rove = (box, card) => {
    for (const other of cardsOf(box)) {
      linkOf(other).tabIndex = other === card ? 0 : -1;
      other.querySelector("[data-star] button").tabIndex = other === card ? 0 : -1;
    }
  };

  const filter = (box) => {
    const words = searchOf(box).value.toLowerCase().split(/\s+/).filter(Boolean);
    const able = chosenChips(box).map((chip) => chip.dataset.capability);
    for (const card of cardsOf(box)) {
      const text = card.dataset.words;
      const can = card.dataset.capabilities.split(" ");
      const name = card.querySelector("strong").textContent.toLowerCase();
      card.style.order = words.length && !words.every((word) => name.includes(word)) ? "1" : "0";
      card.hidden = !words.every((word) => text.includes(word)) || !able.every((word) => can.includes(word));
    }
    box.querySelector("[data-models-list]").classList.toggle("is-narrowed", words.length > 0 || able.length > 0);
    const found = visibleIn(box);
    box.querySelector("[data-models-none]").hidden = found.length > 0;
    box.querySelector("[data-models-list]").scrollTop = 0;
    box.querySelector("[data-models-count]").textContent = found.length === 1 ? "1 model" : `${found.length} models`;
    rove(box, found.find((card) => card.matches('[aria-current="true"]')) ?? found[0]);
  };

  const press = (box, chip) => {
    chip.setAttribute("aria-current", String(chip.getAttribute("aria-current") !== "true"));
    filter(box);
  };

  const clear = (box) => {
    searchOf(box).value = "";
    for (const chip of chosenChips(box)) chip.setAttribute("aria-current", "false");
    filter(box);
    searchOf(box).focus();
  };

  /* Afterwards one goes on typing; on phones that would raise the keyboard unasked. */
  const choose = async (key, dialog) => {
    const form = document.getElementById("studio-form");
    dialog.close();
    await htmx.ajax("POST", form.dataset.formUrl, { source: form, target: "#studio-form", swap: "outerHTML", values: { model: key } });
    if (matchMedia("(hover: hover)").matches) document.getElementById("prompt").focus();
  };

  /* The nearest card above or below. */
  const nearest = (cards, from, down) => {
    const start = from.getBoundingClientRect();
    let [best, least] = [null, Infinity];
    for (const card of cards) {
      const there = card.getBoundingClientRect();
      const rows = down ? there.top - start.top : start.top - there.top;
      const cost = rows * 4 + Math.abs(there.left - start.left);
      if (rows > 4 && cost < least) [best, least] = [card, cost];
    }
    return best;
  };

  const focusCard = (box, card) => {
    rove(box, card);
    linkOf(card).focus();
    card.scrollIntoView({ block: "nearest" });
  };

  const move = (box, card, key) => {
    const cards = visibleIn(box);
    const at = cards.indexOf(card);
    if (at === -1) return cards.length && focusCard(box, cards[0]);
    const next = { ArrowRight: cards[at + 1], ArrowLeft: cards[at - 1] }[key] ?? (/Up|Down/.test(key) ? nearest(cards, card, key === "ArrowDown") : null);
    if (next) return focusCard(box, next);
    return key === "ArrowUp" && (box.querySelector(":not(.is-narrowed) > [data-bargains] [data-choose]") ?? searchOf(box)).focus();
  };

  document.addEventListener("input", (event) => {
    const box = boxOf(event.target);
    if (box) filter(box);
  });

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const box = boxOf(event.target);
    if (!box || event.target.closest("[data-star]")) return;
    const chip = event.target.closest("[data-capability]");
    const key = event.target.closest("[data-choose]")?.dataset.choose ?? event.target.closest("[data-model]")?.dataset.model;
    if (chip) press(box, chip);
    else if (event.target.closest("[data-models-clear]")) clear(box);
    else if (key && box.closest("dialog")) choose(key, box.closest("dialog"));
    else return;
    event.preventDefault();
  });

  const isLetter = (event) => event.key.length === 1 && /\S/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;

  document.addEventListener("keydown", (event) => {
    const box = boxOf(event.target);
    if (!box || event.target.closest("[data-star]")) return;
    const search = searchOf(box);
    const card = event.target.closest("[data-model]");
    if (event.target === search) {
      if (event.key === "Enter" && visibleIn(box)[0]) linkOf(visibleIn(box)[0]).click();
      else if (event.key === "ArrowDown") move(box, null, event.key);
      else return;
      event.preventDefault();
    } else if (card && event.key.toLowerCase() === "f" && isLetter(event)) {
      card.querySelector("[data-star]").requestSubmit();
      event.preventDefault();
    } else if (event.key.startsWith("Arrow") && !event.target.closest("[data-capability]")) {
      move(box, card, event.key);
      event.preventDefault();
    } else if (event.key === "/") {
      search.focus();
      event.preventDefault();
    } else if (isLetter(event)) {
      /* The letter itself goes into the field that has the focus now. */
      search.focus();
    }
  });

  /* A star that was changed says so: its card may keep the focus. */
  document.addEventListener("htmx:afterSwap", (event) => {
    const box = boxOf(event.detail.elt);
    const star = event.detail.elt.matches?.("[data-star]") && event.detail.elt.querySelector("button");
    if (!box || !star) return;
    const name = star.closest("[data-model]").querySelector("strong").textContent;
    box.querySelector("[data-models-said]").textContent = `${name} is ${star.getAttribute("aria-pressed") === "true" ? "" : "no longer "}a favourite`;
    star.tabIndex = linkOf(star.closest("[data-model]")).tabIndex;
  });

  /* Loaded into its dialog: the search box is ready. */
  document.addEventListener("htmx:load", (event) => {
    if (!event.target.matches?.("[data-models]")) return;
    filter(event.target);
    searchOf(event.target).focus();
  });
  document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-models]").forEach(filter));
})();
