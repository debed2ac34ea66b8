/* The price of a run follows its form, asked for once one pauses; and the question before a dear one. */
(() => {
  "use strict";
  const WITHOUT_PRICE = new Set(["visibility", "group", "board"]);
  const BESIDE = new Set(["asked", "csrfmiddlewaretoken", "draft_seen", "prompts_shown", "submission", ...WITHOUT_PRICE]);
  let hadBraces = false;
  let sent = "";

  const read = (form) => JSON.stringify([...new FormData(form)].filter(([name, value]) => typeof value === "string" && !BESIDE.has(name)));

  const dropQuestion = () => document.querySelector("[data-ask]")?.remove();

  /* Words alone cost nothing; words in braces may stand for many prompts. */
  const mayMatter = (field) => {
    if (field.name !== "prompt") return !WITHOUT_PRICE.has(field.name);
    const hasBraces = field.value.includes("{");
    const matters = hasBraces || hadBraces;
    hadBraces = hasBraces;
    return matters;
  };

  const noteChange = (event) => {
    const form = event.target.closest?.("#studio-form");
    const price = form?.querySelector("#run-price");
    if (!price || (event.target.matches("[name], [data-range]") && !mayMatter(event.target))) return;
    /* What was asked was asked about another form; but a field that the question took the focus from tells its change late. */
    if (read(form) !== sent) dropQuestion();
    htmx.trigger(price, "proofsheet:price");
  };
  for (const kind of ["input", "change", "proofsheet:pictures"]) document.addEventListener(kind, noteChange);

  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#studio-form [data-reset], #studio-form [data-seed-random], #studio-form [data-seed-keep]")) noteChange(event);
    if (!event.target.closest?.("[data-ask-close]")) return;
    dropQuestion();
    document.getElementById("generate").focus();
  });

  document.addEventListener("keydown", (event) => {
    const question = event.key === "Escape" && event.target.closest?.("[data-ask]");
    if (!question) return;
    dropQuestion();
    document.getElementById("generate").focus();
  });

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.elt.id === "studio-form") sent = read(event.detail.elt);
  });

  /* A run was sent: the question is answered, and the next one may be reckoned from it. */
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.elt.id !== "studio-form" || event.detail.xhr.status !== 200) return;
    dropQuestion();
    const price = document.getElementById("run-price");
    if (price) htmx.trigger(price, "proofsheet:price");
  });
})();
