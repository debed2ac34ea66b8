/* The page of a share link: a wall whose later pages come by themselves, or as the lightbox over it comes to them. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const root = document.querySelector("[data-wall]");
  if (!root) return;
  const shown = Proofsheet.lightboxWalls.plainWall(root);
  /* How many there are, or at least. */
  const total = Number(root.dataset.total);
  const goesOn = "goesOn" in root.dataset;
  const way = () => document.querySelector("[data-more]");
  let coming = null;

  const load = async () => {
    const link = way();
    if (!link) return false;
    try {
      const answer = await fetch(link.href);
      if (!answer.ok) throw new Error(answer.statusText);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      root.append(...page.querySelectorAll("[data-wall] > *"));
      const next = page.querySelector("[data-more]");
      if (next) link.replaceWith(next);
      else link.parentElement.remove();
    } catch {
      /* The link itself still works. */
      link.removeAttribute("data-more");
    }
    watch();
    document.dispatchEvent(new CustomEvent("wall:count"));
    return true;
  };

  /* One page at a time, asked for once. */
  const more = () => (coming ??= load().finally(() => (coming = null)));

  Proofsheet.wall = {
    root,
    get count() {
      return way() ? Math.max(shown.count, total) : shown.count;
    },
    get more() {
      return Boolean(way()) && (goesOn || shown.count >= total);
    },
    async tileAt(index) {
      while (index >= shown.count && (await more()));
      return shown.tileAt(index);
    },
    indexOf: shown.indexOf,
    show: shown.show,
    extend: more,
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-more]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    more();
  });

  const near = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) more();
    },
    { rootMargin: "900px" },
  );
  const watch = () => {
    const link = way();
    if (link) near.observe(link);
  };
  watch();
})();
