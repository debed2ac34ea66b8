/* The form is kept by the server while one types: a reload, a crash or a sign-out loses nothing. What could not be stored yet
   stays in this tab and is sent again. Nobody is told: a save that fails is no business of theirs. */
(() => {
  "use strict";
  const WAIT = 800;
  const FIRST_RETRY = 4000;
  const LAST_RETRY = 60000;
  // The browser sends no more than this on behalf of a page that is gone.
  const LONGEST_LAST_WORD = 60000;
  const NOT_PART = ["csrfmiddlewaretoken", "submission", "draft_seen", "previous_model", "former", "later", "confirmed"];
  // These would fill the form again, over what was typed since.
  const FILLING = ["generation", "only", "take", "reference", "preset", "board"];

  const TAKING = ["only", "reference", "preset"];

  const form = () => document.getElementById("studio-form");
  const place = () => `draft-${form().dataset.draftKind}`;
  const seen = () => document.getElementById("draft-seen");

  let stored = null;
  let revision = 0;
  let typedAt = Date.now();
  let timer = 0;
  let retry = FIRST_RETRY;
  let underWay = null;
  let isLeaving = false;

  const read = () => {
    const fields = new URLSearchParams();
    for (const [name, value] of new FormData(form())) {
      if (typeof value === "string" && !NOT_PART.includes(name)) fields.append(name, value);
    }
    return fields.toString();
  };

  const keep = (unsaved) => {
    try {
      if (unsaved) sessionStorage.setItem(place(), JSON.stringify(unsaved));
      else sessionStorage.removeItem(place());
    } catch {
      /* A browser that keeps nothing still works. */
    }
  };

  const kept = () => {
    try {
      return JSON.parse(sessionStorage.getItem(place()));
    } catch {
      return null;
    }
  };

  const know = (number) => {
    revision = Math.max(revision, Number(number) || 0);
    if (seen()) seen().value = String(revision);
  };

  const isFilledBy = (names) => names.some((name) => new URLSearchParams(location.search).has(name));

  const address = () => {
    if (!isFilledBy(FILLING)) return location.pathname + location.search;
    const page = new URL(location);
    for (const name of FILLING) page.searchParams.delete(name);
    return page.pathname + page.search;
  };

  const clearAddress = () => isFilledBy(FILLING) && history.replaceState(history.state, "", address());

  /* The revision it is then, 0 where it is nothing that can be kept; and whether this is in it, or was put aside. */
  const store = async (unsaved) => {
    const body = new URLSearchParams(unsaved.words);
    body.set("draft_seen", String(unsaved.revision));
    body.set("draft_age", String(Math.max(0, Date.now() - unsaved.typedAt)));
    const headers = { "X-CSRFToken": JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"] };
    const keepalive = unsaved.words.length < LONGEST_LAST_WORD;
    const answer = await fetch(form().dataset.draftUrl, { method: "POST", body, headers, keepalive, redirect: "manual" });
    if ([404, 413].includes(answer.status)) return { revision: 0 };
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };

  const wait = (moment) => {
    clearTimeout(timer);
    timer = setTimeout(save, moment);
  };

  const later = () => {
    wait(retry);
    retry = Math.min(retry * 2, LAST_RETRY);
  };

  const save = async () => {
    clearTimeout(timer);
    if (!form()) return;
    const words = read();
    if (words === stored || words === underWay) return;
    underWay = words;
    try {
      const now = await store({ words, revision, typedAt });
      // What was put aside makes nobody know what it was put aside for.
      if (now.is_in_it) know(now.revision);
      stored = words;
      retry = FIRST_RETRY;
      if (now.revision && !isLeaving) clearAddress();
      if (read() !== words) look();
      // The page that comes next may have been asked for before this was stored: it is told.
      else keep(isLeaving ? { words, revision, isStored: true, owner: form().dataset.draftOwner } : null);
    } catch {
      later();
    } finally {
      if (underWay === words) underWay = null;
    }
  };

  /* Asked a moment later: a button's own script may have changed the form by then. */
  const look = () => {
    if (!form() || stored === null) return;
    const words = read();
    if (words === stored) return;
    typedAt = Date.now();
    keep({ words, revision, typedAt, owner: form().dataset.draftOwner });
    // Sent as the last word before leaving, it is: the page that comes next is still to be told.
    if (words === underWay) return;
    isLeaving = false;
    wait(WAIT);
  };
  for (const name of ["input", "change", "click", "drop", "proofsheet:pictures"]) {
    document.addEventListener(name, () => setTimeout(look));
  }
  document.addEventListener("htmx:load", (event) => {
    if (!form()?.contains(event.target)) return;
    if (event.target === form()) know(seen().value);
    setTimeout(look);
  });
  /* A run that was queued is stored with its form. */
  document.addEventListener("htmx:oobAfterSwap", () => seen() && know(seen().value));

  const last = () => {
    if (form() && stored !== null && read() !== stored) save();
  };
  addEventListener("submit", last, true);
  for (const name of ["beforeunload", "pagehide"]) {
    addEventListener(name, () => {
      // What was typed just now was not looked at yet.
      if (form() && kept()?.words !== read()) look();
      isLeaving = true;
      last();
    });
  }
  addEventListener("online", last);
  document.addEventListener("visibilitychange", () => document.hidden && last());

  /* Whoever is at work already goes on with the form as it is. */
  let isTouched = false;
  for (const name of ["pointerdown", "keydown"]) addEventListener(name, () => (isTouched = true), true);
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, requestConfig } = event.detail;
    if (isTouched && target === form() && requestConfig.verb === "get") event.detail.shouldSwap = false;
  });

  /* The form as the server has it now; one that shows an old run stays. The prompt is set before: what stands in it is kept
     over a swap. So are the way back and its note. */
  const show = async (words) => {
    if (isFilledBy(TAKING)) return location.reload();
    if (isFilledBy(["generation"])) return null;
    document.getElementById("prompt").value = new URLSearchParams(words).get("prompt");
    const way = ["former", "later", "filled-note"].map((id) => document.getElementById(id));
    const before = form();
    await htmx.ajax("GET", address(), { source: document.body, target: before, select: "#studio-form", swap: "outerHTML" });
    // Somebody was at work by then: the form is as they have it.
    if (form() === before) return null;
    if (way[0]) showWay(...way);
    stored = read();
    return null;
  };

  const showWay = (former, later, note) => {
    document.getElementById("former").value = former.value;
    document.getElementById("later").value = later.value;
    const again = document.getElementById("filled-note");
    again.querySelector(".filled-words").replaceWith(note.querySelector(".filled-words"));
    again.hidden = note.hidden;
    for (const step of ["undo", "redo"]) {
      const [now, then] = [again, note].map((one) => one.querySelector(`[data-step="${step}"]`));
      now.hidden = then.hidden;
    }
  };

  /* What this tab could not store before it went away comes first. Where that is news, the page shows it. */
  const catchUp = async () => {
    const left = kept();
    if (!left || left.owner !== form().dataset.draftOwner) return;
    const shown = revision;
    try {
      const now = left.isStored ? left : await store(left);
      if (read() !== stored) return; // They are typing already.
      keep(null);
      if (now.revision > shown && !isTouched) await show(left.words);
    } catch {
      /* The next page tries again. */
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    if (!form()) return;
    stored = read();
    know(seen().value);
    // The draft has what was posted: a reload asks for that, and posts nothing over what was typed since.
    if (form().hasAttribute("data-posted")) history.replaceState(history.state, "", location.href);
    catchUp();
    /* What was taken over into the draft belongs to it at once. */
    if (isFilledBy(TAKING)) {
      stored = "";
      look();
    }
  });
})();
