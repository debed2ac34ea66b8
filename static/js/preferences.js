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

  /* How pictures hang: a phone and a wide screen keep their own density. The server reads the cookies, so that a wall comes in
     the right rows at once. */
  const remember = (name, value) => (document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`);
  const phone = matchMedia("(max-width: 760px)");
  const density = () => (phone.matches ? { key: "across:phone", least: 2, most: 5, usual: 3 } : { key: "across", least: 4, most: 12, usual: 6 });
  const layout = () => {
    const { key, least, most, usual } = density();
    const across = Number(read(key)) || usual;
    return { across: Math.max(least, Math.min(across, most)), layout: read("layout") === "square" ? "square" : "rows" };
  };
  const showLayout = () => {
    const { least, most } = density();
    const chosen = layout();
    remember("across", chosen.across);
    remember("layout", chosen.layout);
    for (const slider of document.querySelectorAll("[data-density]")) {
      Object.assign(slider, { min: least, max: most });
      slider.value = chosen.across;
    }
    for (const button of document.querySelectorAll("button[data-layout-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.layoutChoice === chosen.layout));
    }
  };
  const changeLayout = (key, value) => {
    write(key, value);
    showLayout();
    document.dispatchEvent(new CustomEvent("wall:layout", { detail: layout() }));
  };
  window.Proofsheet = { ...window.Proofsheet, layout };
  showLayout();
  phone.addEventListener("change", () => {
    showLayout();
    document.dispatchEvent(new CustomEvent("wall:layout", { detail: layout() }));
  });

  /* Panels stay as one left them, unless an error waits inside. */
  const fold = (root) => {
    for (const details of root.querySelectorAll("details[data-remember]")) {
      const kept = read(`open:${details.dataset.remember}`);
      if (kept !== null) details.open = kept === "1" || Boolean(details.querySelector(".field-error:not([hidden])"));
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    showTheme(root.dataset.theme);
    showLayout();
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
    if (event.target.matches("[data-density]")) changeLayout(density().key, event.target.value);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-layout-choice]");
    if (button) changeLayout("layout", button.dataset.layoutChoice);
  });

  /* The click comes before the panel turns; its toggle event would come for panels the page opens too. */
  document.addEventListener("click", (event) => {
    const details = event.target.closest?.("summary")?.parentElement;
    if (details?.dataset.remember) write(`open:${details.dataset.remember}`, details.open ? "0" : "1");
  });
})();
