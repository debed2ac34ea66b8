/* Storing pictures for a form: each has a place in its box from the start. Until all are stored nothing is sent; what failed
   is said beside its field and can be tried again. A form that is exchanged meanwhile (another model) takes them over. */
(() => {
  "use strict";
  const Proofsheet = (window.Proofsheet ??= {});
  const tasks = new Set();
  const forms = () => document.querySelectorAll("[data-takes-pictures]");
  const boxesOf = (form) => [...form.querySelectorAll("[data-parameter]")];
  const listOf = (box) => box.querySelector("[data-list]");
  const coveredBy = (box) => box.dataset.maskOf && boxesOf(box.closest("form")).find((one) => one.dataset.parameter === box.dataset.maskOf);
  const roomIn = (box) => Number(box.dataset.maxImages) - listOf(box).children.length;
  const say = (text) => document.dispatchEvent(new CustomEvent("proofsheet:say", { detail: text }));
  const count = (number, words) => `${number} picture${number === 1 ? "" : "s"}${words}`;

  const build = (tag, className, parent) => {
    const made = Object.assign(document.createElement(tag), { className });
    parent?.append(made);
    return made;
  };

  /* Generate ------------------------------------------------------------------------------------------------------- */

  const stateOf = (form) => ({
    arriving: form.querySelectorAll(".is-arriving").length,
    failed: form.querySelectorAll("[data-try-again]").length,
  });

  /* The button's own words step aside; they are not thrown away, since others look for their parts. */
  const wordsOf = (button) => {
    let [own, ours] = button.querySelectorAll(":scope > [data-own-words], :scope > [data-storing-words]");
    if (!own) {
      own = build("span", "");
      own.dataset.ownWords = "";
      own.append(...button.childNodes);
      ours = build("span", "");
      ours.dataset.storingWords = "";
      button.append(own, ours);
    }
    return { own, ours };
  };

  const showWaiting = (form) => {
    const button = form.querySelector("#generate");
    const { arriving, failed } = stateOf(form);
    const isHeld = arriving + failed > 0;
    if (!button || (!isHeld && !button.querySelector("[data-storing-words]"))) return;
    const { own, ours } = wordsOf(button);
    own.hidden = isHeld;
    ours.hidden = !isHeld;
    ours.textContent = arriving ? `Storing ${count(arriving, "…")}` : count(failed, " not stored");
    if (isHeld) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  };

  const hold = (event, form) => {
    const { arriving, failed } = stateOf(form);
    if (!arriving && !failed) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (arriving) say(`Storing ${count(arriving, "")}: ready in a moment.`);
    else form.querySelector("[data-try-again]").focus();
  };

  document.addEventListener(
    "submit",
    (event) => {
      if (event.target.matches("[data-takes-pictures]")) hold(event, event.target);
    },
    true,
  );
  document.addEventListener(
    "click",
    (event) => {
      const button = event.target.closest?.("[data-takes-pictures] button");
      if (button?.type === "submit") hold(event, button.form);
    },
    true,
  );

  /* What is said beside a box --------------------------------------------------------------------------------------- */

  const show = (box) => box.dispatchEvent(new CustomEvent("proofsheet:pictures", { bubbles: true }));

  const complain = (box, sentence, task = null) => {
    const line = build("p", "field-error", box.querySelector("[data-complaints]"));
    build("span", "", line).textContent = sentence;
    if (!task) return;
    for (const [words, name] of [["Try again", "tryAgain"], ["Leave it out", "leaveOut"]]) {
      const button = build("button", "button button-small", line);
      button.type = "button";
      button.textContent = words;
      button.dataset[name] = "";
    }
    task.line = line;
  };

  /* What can still be tried again stays until it was, or is left out. */
  const clearComplaints = (box) => {
    for (const line of box.querySelectorAll("[data-complaints] > p")) if (!line.querySelector("[data-try-again]")) line.remove();
    box.querySelector("[data-said]").textContent = "";
  };

  /* One picture ----------------------------------------------------------------------------------------------------- */

  const textOf = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent.trim();

  const place = (task, box) => {
    task.answer = null;
    task.parameter = box.dataset.parameter;
    task.place = build("li", "input-picture is-arriving");
    const bar = build("progress", "", task.place);
    bar.max = 1;
    bar.setAttribute("aria-label", `Storing ${task.name}`);
    if (task.replaces?.isConnected) task.replaces.replaceWith(task.place);
    else listOf(box).append(task.place);
    show(box);
  };

  const settle = (task) => {
    const request = task.answer;
    const box = task.place.closest("[data-parameter]");
    const isRefusal = request.status === 422 || request.status === 413;
    const template = document.createElement("template");
    template.innerHTML = request.status === 200 ? request.responseText : "";
    const picture = template.content.querySelector("[data-picture]");
    if (picture) {
      picture.querySelector("input[type=hidden]").name = `${box.dataset.parameter}_images`;
      task.place.replaceWith(picture);
    } else if (task.replaces) task.place.replaceWith(task.replaces);
    else task.place.remove();
    task.place = null;
    if (picture || isRefusal) tasks.delete(task);
    if (isRefusal) {
      complain(box, textOf(request.responseText));
      task.refused?.(box);
      box.querySelector("[data-complaints]").scrollIntoView({ block: "nearest" });
    } else if (!picture) {
      const reasons = { 403: "you are signed out, or this page is old", 507: "the studio’s disk is full" };
      complain(box, `${task.name} could not be stored: ${reasons[request.status] ?? "the server did not answer"}.`, task);
    }
    show(box);
    if (picture) task.done?.(picture);
  };

  const send = (task) => {
    const form = task.place.closest("form");
    const data = new FormData();
    for (const [key, value] of Object.entries(task.fields)) data.append(key, value);
    data.append("parameter", task.parameter);
    const covered = coveredBy(task.place.closest("[data-parameter]"));
    if (covered) data.append("of", listOf(covered).querySelector("[data-picture]")?.dataset.picture ?? "");
    data.append("model", form.elements.model.value);
    const request = new XMLHttpRequest();
    request.open("POST", task.url);
    request.setRequestHeader("X-CSRFToken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      const bar = task.place?.querySelector("progress");
      if (bar) bar.value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => {
      task.answer = request;
      if (task.place.isConnected) settle(task);
    });
    request.send(data);
  };

  /* `fields` are what is posted: a file, an address on the web, the id of a stored picture. `replaces` is the thumbnail
     whose place it takes, and has again if this fails; `done` gets the new one, `refused` the box. */
  const store = (box, fields, name, { url = box.dataset.uploadUrl, replaces = null, done = null, refused = null } = {}) => {
    const task = { fields, name, url, replaces, done, refused };
    tasks.add(task);
    place(task, box);
    send(task);
  };

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-try-again], [data-leave-out]");
    const task = button && [...tasks].find((one) => one.line?.contains(button));
    if (!task) return;
    const box = button.closest("[data-parameter]");
    task.line.remove();
    task.line = null;
    if (button.matches("[data-leave-out]")) {
      tasks.delete(task);
      show(box);
    } else if (task.replaces?.isConnected || roomIn(box) > 0) {
      place(task, box);
      send(task);
    } else complain(box, `${box.dataset.label} takes ${box.dataset.maxImages}. Remove one first.`, task);
    box.querySelector('input[type="file"]').focus();
  });

  /* Another model's form has come: what was on its way, or had failed, goes on in it. */
  const takeOver = (form) => {
    for (const task of tasks) {
      if (task.place?.isConnected || task.line?.isConnected) continue;
      const boxes = boxesOf(form);
      const box = boxes.find((one) => one.dataset.parameter === task.parameter && roomIn(one) > 0) ?? boxes.find((one) => roomIn(one) > 0 && !one.dataset.maskOf);
      task.replaces = null;
      if (!box) {
        tasks.delete(task);
        say(`${task.name} was left out: this model has no place for it.`);
        continue;
      }
      task.parameter = box.dataset.parameter;
      if (task.place) {
        listOf(box).append(task.place);
        if (task.answer) settle(task);
      } else box.querySelector("[data-complaints]").append(task.line);
      show(box);
    }
  };

  document.addEventListener("proofsheet:pictures", (event) => showWaiting(event.target.closest("form")));
  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.("[data-takes-pictures]")) takeOver(event.target);
    forms().forEach(showWaiting);
  });

  Proofsheet.pictures = { boxesOf, coveredBy, listOf, roomIn, show, store, complain, clearComplaints };
})();
