/* Under the lightbox's picture, for people without an account: its prompt and its model where they are shown, and in the bar a
   way to download it where that is allowed. `box` is the lightbox. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});

  const dataOf = (item) => item?.element?.closest("[data-tile]")?.dataset ?? {};

  Proofsheet.LightboxWords = class {
    constructor(box) {
      this.element = box.parts.words;
      this.download = box.parts.download;
    }

    /* The height that is kept free below a picture for its words, which stand there at most three lines high. */
    room(item) {
      return dataOf(item).words ? 112 : 0;
    }

    turn(item) {
      const { words = "", model = "", download = "" } = dataOf(item);
      const [prompt, madeWith] = this.element.children;
      prompt.textContent = words;
      prompt.scrollTop = 0;
      madeWith.textContent = model;
      this.element.hidden = !words;
      if (this.download) this.download.href = download;
    }
  };
})();
