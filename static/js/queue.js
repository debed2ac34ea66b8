/* The drawer of the queue, and what is said of runs that end while one is elsewhere: the tab's title, a dot, a line for
   screen readers and, where one chose so, a sound and a notification. The tab's one poll is #live; here is when it rests. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const HIDDEN_BUSY = 5000;
  const HIDDEN_QUIET = 60_000;
  const byId = (id) => document.getElementById(id);
  const drawer = () => byId("queue-drawer");
  const entry = () => byId("queue-entry");
  const isOpen = () => Boolean(drawer() && !drawer().hidden);

  const read = (key) => {
    try {
      return localStorage.getItem(`queue:${key}`);
    } catch {
      return null;
    }
  };
  const write = (key, value) => {
    try {
      localStorage.setItem(`queue:${key}`, value);
    } catch {
      /* A browser that keeps nothing tells each page anew. */
    }
  };

  /* The poll ---------------------------------------------------------------------------------------------------------- */

  let askedAt = 0;
  let isUrgent = false;
  const ask = () => {
    isUrgent = true;
    if (byId("live")) window.htmx.trigger("#live", "queue:ask");
  };

  document.addEventListener("htmx:beforeRequest", (event) => {
    const live = event.detail.elt;
    if (live.id !== "live") return;
    const rest = "busy" in live.dataset ? HIDDEN_BUSY : HIDDEN_QUIET;
    if (document.hidden && !isUrgent && Date.now() - askedAt < rest) {
      event.preventDefault();
      return;
    }
    askedAt = Date.now();
    isUrgent = false;
  });

  /* Whoever signed out elsewhere is led to the door, which is no answer to a poll. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "live" && !event.detail.serverResponse.includes('id="live"')) event.detail.shouldSwap = false;
  });

  /* What is exchanged under a pointer that is down would take the press along: that answer is let go, and asked for anew. */
  let isPressed = false;
  let isDue = false;
  const letGo = () => {
    isPressed = false;
    if (isDue) setTimeout(ask);
    isDue = false;
  };
  document.addEventListener("pointerdown", (event) => (isPressed = event.button === 0), true);
  for (const kind of ["pointerup", "pointercancel", "contextmenu", "dragend"]) document.addEventListener(kind, letGo, true);
  /* A menu, a drag or another window may have taken the end of the press. */
  addEventListener("blur", letGo);
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id !== "live" || !isPressed || !event.detail.shouldSwap) return;
    event.detail.shouldSwap = false;
    isDue = true;
  });

  let shown = "";
  document.addEventListener("htmx:configRequest", (event) => {
    if (event.detail.elt.id !== "live") return;
    const wanted = isOpen() || document.querySelector("[data-queue-page]") ? "1" : "";
    if (wanted) event.detail.parameters.drawer = wanted;
    /* Rows that are not there yet are no news to the server: it is asked as if for the first time. */
    if (wanted !== shown) event.detail.parameters.stamp = "";
    shown = wanted;
  });

  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    look();
    if (Date.now() - askedAt > HIDDEN_BUSY) ask();
  });

  /* One that was asked for while another was under way. */
  document.addEventListener("htmx:load", (event) => event.target.id === "live" && isUrgent && ask());
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id === "live" && !event.detail.successful) shown = "";
  });

  /* What people do in the drawer shows at once. */
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.matches?.("#queue-rows form") && event.detail.successful) ask();
  });

  /* The drawer -------------------------------------------------------------------------------------------------------- */

  let opener = null;
  const open = () => {
    opener = document.activeElement;
    drawer().hidden = false;
    entry().setAttribute("aria-expanded", "true");
    drawer().focus();
    look();
    ask();
  };
  /* What one has looked at is seen. */
  const close = () => {
    const hadFocus = drawer().contains(document.activeElement) || document.activeElement === document.body;
    drawer().hidden = true;
    entry().setAttribute("aria-expanded", "false");
    if (hadFocus) (opener?.isConnected && opener !== document.body ? opener : entry()).focus();
    const token = JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
    const body = new URLSearchParams({ until: newest(news()) });
    if (news().length) fetch("/queue/seen/", { method: "POST", body, headers: { "X-CSRFToken": token, "HX-Request": "true" } }).then(forget, () => {});
  };
  const forget = () => {
    byId("queue-news").replaceChildren();
    shown = "";
    look();
  };

  const turn = () => {
    if (!drawer()) return;
    if (isOpen()) close();
    else open();
  };
  Proofsheet.queue = { turn };

  document.addEventListener("click", (event) => {
    const toggle = event.target.closest?.("[data-queue-toggle]");
    if (toggle && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
      event.preventDefault();
      turn();
    }
    if (event.target.closest?.("[data-queue-close]")) close();
  });
  /* Before the keys of the page behind it. */
  document.addEventListener(
    "keydown",
    (event) => {
      if (event.key !== "Escape" || !isOpen() || document.querySelector("dialog[open], :popover-open")) return;
      if (!drawer().contains(event.target) && event.target !== entry() && event.target !== document.body) return;
      event.preventDefault();
      event.stopPropagation();
      close();
    },
    { capture: true },
  );

  /* News -------------------------------------------------------------------------------------------------------------- */

  const news = () => [...(byId("queue-news")?.children ?? [])].map((item) => ({ ...item.dataset, ended: Number(item.dataset.ended), words: item.textContent }));
  const newest = (items) => Math.max(0, ...items.map((item) => item.ended));
  /* Where results come in by themselves nobody has to be told. */
  const showsResults = () => Boolean(document.querySelector("#generations, [data-batch]"));
  const isHere = () => !document.hidden && (isOpen() || showsResults() || Boolean(document.querySelector("[data-queue-page]")));

  const badge = (count) => {
    const plain = document.title.replace(/^\(\d+\) /, "");
    const title = count ? `(${count}) ${plain}` : plain;
    if (document.title !== title) document.title = title;
    const dot = document.querySelector("[data-queue-dot]");
    if (dot) dot.hidden = !count;
  };

  /* Of what ended nobody was told who looks at it. */
  const look = () => {
    const items = news();
    if (isHere() && newest(items) > Number(read("looked"))) write("looked", newest(items));
    const looked = Number(read("looked"));
    badge(items.filter((item) => item.ended > looked).length);
  };

  const tell = () => {
    const items = news().filter((item) => item.ended > Number(read("told")));
    if (!items.length) return;
    write("told", newest(items));
    if (!document.hidden && !showsResults()) byId("announcements").textContent = items.map((item) => item.words).join(" ");
    if (isHere()) return;
    if (read("sound") === "1") play();
    if (read("notify") === "1") notify(items);
  };

  const play = async () => {
    try {
      const sound = new AudioContext();
      await sound.resume();
      [660, 880].forEach((pitch, index) => {
        const start = sound.currentTime + index * 0.12;
        const tone = new OscillatorNode(sound, { type: "sine", frequency: pitch });
        const volume = new GainNode(sound, { gain: 0 });
        volume.gain.setValueAtTime(0, start);
        volume.gain.linearRampToValueAtTime(0.12, start + 0.015);
        volume.gain.exponentialRampToValueAtTime(0.001, start + 0.3);
        tone.connect(volume).connect(sound.destination);
        tone.start(start);
        tone.stop(start + 0.32);
        if (index) tone.addEventListener("ended", () => sound.close());
      });
    } catch {
      /* A page that nobody has touched yet may not sound. */
    }
  };

  const notify = (items) => {
    if (window.Notification?.permission !== "granted") return;
    const [first] = items;
    const more = items.length > 1 ? ` And ${items.length - 1} more.` : "";
    const note = new Notification("Proofsheet", { body: `${first.words}${more}`, tag: "queue", icon: "/static/favicon.svg" });
    note.addEventListener("click", () => {
      focus();
      location.assign(items.length > 1 ? "/queue/" : first.url);
    });
  };

  const allow = async (option) => {
    const answer = window.Notification ? await Notification.requestPermission() : "denied";
    if (answer === "granted") return;
    option.checked = false;
    write("notify", "0");
    document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: "This browser does not allow notifications here. Allow them beside the address, then switch this on again." }));
  };

  document.addEventListener("change", (event) => {
    const option = event.target.closest?.("[data-queue-option]");
    if (!option) return;
    write(option.dataset.queueOption, option.checked ? "1" : "0");
    if (option.checked && option.dataset.queueOption === "sound") play();
    if (option.checked && option.dataset.queueOption === "notify") allow(option);
  });

  /* What comes by htmx brings a title of its own. */
  document.addEventListener("htmx:pushedIntoHistory", () => setTimeout(look));

  /* Another tab looked. */
  addEventListener("storage", (event) => event.key === "queue:looked" && look());

  const begin = () => {
    for (const option of document.querySelectorAll("[data-queue-option]")) option.checked = read(option.dataset.queueOption) === "1";
    if (drawer()) entry().setAttribute("aria-expanded", "false");
    /* What ended before this browser came here first is not news. */
    const now = Date.now();
    for (const key of ["looked", "told"]) if (read(key) === null) write(key, now);
  };
  document.addEventListener("DOMContentLoaded", begin);
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.detail.target.id !== "queue-news") return;
    tell();
    look();
  });
})();
