/* The prompt box: grows where the stylesheet cannot, tells its length near the limit, keeps the styles laid around it, and has
   the server say what it stands for. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const NEAR = 0.9;
  const form = () => document.getElementById("studio-form");
  const field = () => document.querySelector("[data-prompt-box] textarea");
  const region = () => document.getElementById("expansion");
  const chips = () => [...document.querySelectorAll("[data-styles] input")];
  const growsAlone = CSS.supports("field-sizing", "content");

  const grow = () => {
    if (growsAlone) return;
    field().style.height = "auto";
    field().style.height = `${field().scrollHeight + 2}px`;
  };

  const showLength = () => {
    const line = document.querySelector("[data-length]");
    const limit = Number(field().dataset.limit);
    const length = [...field().value].length + chips().reduce((sum, chip) => sum + Number(chip.dataset.more || 0), 0);
    line.hidden = length < NEAR * limit;
    line.classList.toggle("is-over", length > limit);
    const figures = `${length.toLocaleString("en")} of ${limit.toLocaleString("en")} characters`;
    line.textContent = line.hidden ? "" : length > limit ? `${figures}, ${(length - limit).toLocaleString("en")} too many` : figures;
  };

  /* The button says how many it makes. */
  const showCount = () => {
    const count = Number(region()?.dataset.count ?? 1);
    const many = document.querySelector("#generate [data-many]");
    const words = count > 1 ? ` ${count}` : "";
    if (!many || many.textContent === words) return;
    many.textContent = words;
    /* All of them have another price. */
    document.getElementById("run-price")?.dispatchEvent(new CustomEvent("proofsheet:price"));
    document.getElementById("announcements").textContent = `${count} prompt${count > 1 ? "s" : ""}`;
  };

  const askCount = () => {
    if (!region()) return;
    const isOpen = /[{}]/.test(field().value) || chips().length > 0 || region().childElementCount > 0;
    if (isOpen) region().dispatchEvent(new CustomEvent("proofsheet:count"));
  };

  const refresh = () => {
    if (!field()) return;
    grow();
    showLength();
    showCount();
    askCount();
  };

  /* What was refused was said about other words. */
  const rewritten = () => {
    const error = document.getElementById("prompt-error");
    if (error) {
      error.remove();
      field().removeAttribute("aria-invalid");
      field().removeAttribute("aria-describedby");
    }
    refresh();
  };

  /* Other words were put there: whatever follows the form follows them too. */
  const exchanged = () => {
    rewritten();
    field().dispatchEvent(new Event("change", { bubbles: true }));
  };

  /* The same sentence stands there once. */
  const dropTwin = () => {
    const error = document.getElementById("prompt-error");
    const twin = region()?.querySelector(".field-error[role]");
    if (error && twin && error.textContent.trim() === twin.textContent.trim()) twin.remove();
  };

  /* Styles -------------------------------------------------------------------------------------------------------------- */

  const styles = () => chips().map((chip) => ({ id: Number(chip.value), name: chip.closest("label").querySelector("bdi").textContent }));

  const layOn = ({ id, name, about, length = 0 }) => {
    if (chips().some((chip) => chip.value === String(id))) return;
    const label = document.getElementById("prompt-style").content.cloneNode(true).firstElementChild;
    label.querySelector("input").value = id;
    label.querySelector("input").dataset.more = length;
    label.querySelector("bdi").textContent = name;
    if (about) label.title = about;
    document.querySelector("[data-styles]").append(label);
  };

  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-styles] input") || !field()) return;
    event.target.closest("label").remove();
    field().focus();
    exchanged();
  });

  /* For whoever puts words in: the lists, the walk through earlier prompts. */
  Proofsheet.prompt = {
    read: () => ({ text: field().value, styles: styles() }),
    write: ({ text, styles: wanted = [] }) => {
      field().value = text;
      document.querySelector("[data-styles]").replaceChildren();
      wanted.forEach(layOn);
      exchanged();
    },
    layOn: (style) => {
      layOn(style);
      exchanged();
    },
    /* Words where the caret stands, apart from those before. */
    insert: (words) => {
      const { selectionStart: from, selectionEnd: to, value } = field();
      const gap = from > 0 && /[^\s{(|]$/.test(value.slice(0, from)) && /^[^\s,.;:!?)|}]/.test(words) ? " " : "";
      field().focus();
      field().setRangeText(gap + words, from, to, "end");
      field().dispatchEvent(new Event("input", { bubbles: true }));
    },
  };

  document.addEventListener("proofsheet:completed", (event) => {
    if (event.target !== field()) return;
    if (event.detail.kind === "style") layOn(event.detail);
    event.target.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("input", (event) => {
    if (event.target === field()) rewritten();
    else if (field() && form()?.contains(event.target) && Number(region()?.dataset.count) > 1) askCount();
  });
  document.addEventListener("proofsheet:pictures", () => field() && Number(region()?.dataset.count) > 1 && askCount());
  document.addEventListener("click", (event) => event.target.closest?.("[data-prompt]") && rewritten());
  document.addEventListener("DOMContentLoaded", refresh);
  document.addEventListener("htmx:load", (event) => {
    if (event.target === region()) {
      dropTwin();
      showCount();
    } else if (event.target === form()) refresh();
  });
})();
