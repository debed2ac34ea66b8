/* The model picker: filters as one types, moves by arrow keys, and hands the choice to the studio's form without losing it. */
(() => {
  "use strict";
  const cardsOf = (box) => [...box.querySelectorAll("[data-model]")];
  const visibleIn = (box) => {
    const cards = cardsOf(box).filter((card) => !card.hidden);
    return cards.sort((one, other) => one.style.order - other.style.order);
  };

  const filter = (box) => {
    const words = box.querySelector('input[name="q"]').value.toLowerCase().split(/\s+/).filter(Boolean);
    const capability = box.querySelector('[data-capability][aria-current="true"]')?.dataset.capability ?? "";
    for (const card of cardsOf(box)) {
      const text = card.dataset.words.toLowerCase();
      const can = card.dataset.capabilities.split(" ");
      const name = card.querySelector("strong").textContent.toLowerCase();
      card.style.order = words.every((word) => name.includes(word)) ? "0" : "1";
      card.hidden = !words.every((word) => text.includes(word)) || Boolean(capability && !can.includes(capability));
    }
    const count = visibleIn(box).length;
    box.querySelector("[data-models-none]").hidden = count > 0;
    box.querySelector("[data-models-list]").scrollTop = 0;
    box.querySelector("[data-models-count]").textContent = count === 1 ? "1 model" : `${count} models`;
  };

  const press = (box, chip) => {
    for (const other of box.querySelectorAll("[data-capability]")) other.setAttribute("aria-current", String(other === chip));
    filter(box);
  };

  /* Afterwards one goes on typing; on phones that would raise the keyboard unasked. */
  const choose = async (card) => {
    const form = document.getElementById("studio-form");
    card.closest("dialog").close();
    await htmx.ajax("POST", form.dataset.formUrl, { source: form, target: "#studio-form", swap: "outerHTML", values: { model: card.dataset.model } });
    if (matchMedia("(hover: hover)").matches) document.getElementById("prompt").focus();
  };

  const move = (box, card, key) => {
    const cards = visibleIn(box);
    const across = cards.findIndex((other) => other.offsetTop > cards[0].offsetTop);
    const row = across === -1 ? cards.length : across;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row }[key];
    const at = cards.indexOf(card);
    if (at === -1) return cards[0]?.focus();
    if (at + step < 0) return box.querySelector('input[name="q"]').focus();
    return (cards[at + step] ?? cards.at(-1)).focus();
  };

  document.addEventListener("input", (event) => {
    const box = event.target.closest?.("[data-models]");
    if (box) filter(box);
  });

  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const box = event.target.closest?.("[data-models]");
    if (!box) return;
    const chip = event.target.closest("[data-capability]");
    const card = event.target.closest("[data-model]");
    if (chip) press(box, chip);
    else if (event.target.closest("[data-models-clear]")) {
      box.querySelector('input[name="q"]').value = "";
      press(box, box.querySelector('[data-capability=""]'));
    } else if (card && card.closest("dialog")) choose(card);
    else return;
    event.preventDefault();
  });

  document.addEventListener("keydown", (event) => {
    const box = event.target.closest?.("[data-models]");
    if (!box) return;
    const isSearch = event.target.matches('input[name="q"]');
    if (event.key === "Enter" && isSearch) {
      event.preventDefault();
      visibleIn(box)[0]?.click();
    } else if (event.key.startsWith("Arrow") && (!isSearch || event.key === "ArrowDown")) {
      event.preventDefault();
      move(box, event.target.closest("[data-model]"), event.key);
    }
  });

  /* Loaded into its dialog: the search box is ready and the current model in view. */
  document.addEventListener("htmx:load", (event) => {
    const box = event.target.closest?.("[data-models]");
    if (!box) return;
    filter(box);
    box.querySelector('input[name="q"]').focus();
    box.querySelector('[aria-current="true"][data-model]')?.scrollIntoView({ block: "nearest" });
  });
})();
