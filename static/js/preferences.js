/* What is remembered: theme (by the server, for a person), density of the wall, folded panels, time zone (by this browser).
   Runs before the first paint, so that nothing jumps. */
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("has-script");

  const read = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const write = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      /* A browser that keeps nothing still works. */
    }
  };

  /* "theme" is the name under which Django's admin keeps its choice too: auto, light or dark. */
  const showTheme = (choice) => {
    root.dataset.theme = choice;
    for (const button of document.querySelectorAll("button[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  };
  const saved = root.dataset.savedTheme;
  const theme = saved ? (saved === "system" ? "auto" : saved) : read("theme") || "auto";
  if (saved) write("theme", theme);
  showTheme(theme);

  /* The server shows times in this zone. */
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `timezone=${zone}; path=/; max-age=31536000; samesite=lax`;

  const across = Number(read("across"));
  if (across >= 2 && across <= 12) root.style.setProperty("--across", across);

  /* Panels stay as one left them, unless an error waits inside. */
  const fold = (root) => {
    for (const details of root.querySelectorAll("details[data-remember]")) {
      const kept = read(`open:${details.dataset.remember}`);
      if (kept !== null) details.open = kept === "1" || Boolean(details.querySelector(".field-error:not([hidden])"));
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    showTheme(root.dataset.theme);
    for (const slider of document.querySelectorAll("[data-density]")) {
      const current = getComputedStyle(root).getPropertyValue("--across").trim();
      slider.value = across || current || slider.value;
    }
    fold(document);
  });
  document.addEventListener("htmx:load", (event) => fold(event.target));

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-theme-choice]");
    if (!button) return;
    write("theme", button.dataset.themeChoice);
    showTheme(button.dataset.themeChoice);
  });

  document.addEventListener("input", (event) => {
    if (!event.target.matches("[data-density]")) return;
    root.style.setProperty("--across", event.target.value);
    write("across", event.target.value);
  });

  /* The click comes before the panel turns; its toggle event would come for panels the page opens too. */
  document.addEventListener("click", (event) => {
    const details = event.target.closest?.("summary")?.parentElement;
    if (details?.dataset.remember) write(`open:${details.dataset.remember}`, details.open ? "0" : "1");
  });
})();
