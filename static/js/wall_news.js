/* Pictures that came meanwhile are told on top of the wall; they come onto it when one wants them to. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const AT_MOST_EVERY = 25_000;
  const MANY = 5000;
  const pill = Object.assign(document.createElement("button"), { className: "wall-news", type: "button", hidden: true });

  const ask = async () => {
    const wall = Proofsheet.wall;
    const newest = wall?.heights?.sections[0]?.first;
    if (document.hidden || !newest || !wall.heights.sections[0].month) return;
    const words = `${wall.query ? `${wall.query}&` : ""}last=${newest + 1}`;
    try {
      const response = await fetch(`${wall.root.dataset.idsUrl}?${words}`);
      if (response.ok && !response.redirected && wall === Proofsheet.wall) tell((await response.json()).ids.length);
    } catch {
      /* The next time. */
    }
  };

  const tell = (count) => {
    pill.hidden = !count;
    const words = `${count >= MANY ? "Thousands of" : count} new ${count === 1 ? "picture" : "pictures"}`;
    if (count && pill.textContent !== words) {
      pill.textContent = words;
      document.getElementById("announcements").textContent = words;
    }
  };

  pill.addEventListener("click", async () => {
    pill.hidden = true;
    scrollTo({ top: 0, behavior: "instant" });
    const wall = Proofsheet.wall;
    wall.jump(0, wall.sheetTop);
    await wall.refresh();
    (await wall.show(0, { focus: true }))?.scrollIntoView({ block: "nearest" });
  });

  document.addEventListener("wall:ready", (event) => {
    pill.hidden = true;
    event.detail.before(pill);
  });
  document.addEventListener("visibilitychange", ask);

  /* The page's own poll tells when a run has changed: only then can there be something new. */
  let isDue = false;
  let rest = Date.now() + AT_MOST_EVERY;
  document.addEventListener("htmx:load", (event) => {
    if (event.target.id !== "live" || isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      rest = Date.now() + AT_MOST_EVERY;
      ask();
    }, Math.max(0, rest - Date.now()));
  });
})();
