/* Reference pictures: chosen, dropped or pasted ones are stored at once; their ids travel with the form, in the order shown. */
(() => {
  "use strict";
  const boxesOf = (form) => [...form.querySelectorAll("[data-parameter]")];
  const listOf = (box) => box.querySelector("[data-list]");
  const roomIn = (box) => Number(box.dataset.maxImages) - listOf(box).children.length;

  const showBox = (box) => {
    box.classList.toggle("is-full", roomIn(box) <= 0);
    const form = box.closest("form");
    form.querySelector("#generate").disabled = Boolean(form.querySelector(".is-arriving"));
    box.dispatchEvent(new CustomEvent("proofsheet:pictures", { bubbles: true }));
  };

  const complain = (box, sentence) => {
    const error = box.querySelector("[data-upload-error]");
    error.textContent = sentence;
    error.hidden = !sentence;
  };

  const wordsOf = (html) => new DOMParser().parseFromString(html, "text/html").body.textContent.trim();

  /* `fields` are what is posted: a file, an address on the web, or the id of a stored picture. */
  const store = (box, fields, name) => {
    const place = document.createElement("li");
    place.className = "input-picture is-arriving";
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.setAttribute("aria-label", `Storing ${name}`);
    place.append(bar);
    listOf(box).append(place);
    showBox(box);

    const data = new FormData();
    for (const [key, value] of Object.entries(fields)) data.append(key, value);
    data.append("parameter", box.dataset.parameter);
    data.append("model", box.closest("form").elements.model.value);
    const request = new XMLHttpRequest();
    request.open("POST", box.dataset.uploadUrl);
    request.setRequestHeader("X-CSRFToken", JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"]);
    request.setRequestHeader("HX-Request", "true");
    request.upload.addEventListener("progress", (event) => {
      bar.value = event.loaded / event.total;
    });
    request.addEventListener("loadend", () => {
      if (!place.isConnected) return;
      if (request.status === 200) {
        const template = document.createElement("template");
        template.innerHTML = request.responseText;
        place.replaceWith(template.content.querySelector("[data-picture]"));
      } else {
        place.remove();
        const isSentence = request.status === 422 || request.status === 413;
        complain(box, (isSentence && wordsOf(request.responseText)) || `${name} could not be stored. Try again in a moment.`);
      }
      showBox(box);
    });
    request.send(data);
  };

  const take = (box, files) => {
    complain(box, "");
    const largest = Number(box.dataset.maxMegabytes) * 1024 * 1024;
    const room = roomIn(box);
    for (const file of [...files].slice(0, room)) {
      if (file.size > largest) complain(box, `${file.name} is larger than ${box.dataset.maxMegabytes} MB.`);
      else store(box, { file }, file.name);
    }
    if (files.length > room) complain(box, `This model takes ${box.dataset.maxImages} here; the rest was left out.`);
  };

  /* Other sources (the library, an address) hand their pictures over by this event on the box. */
  document.addEventListener("proofsheet:take", (event) => {
    const box = event.target;
    complain(box, "");
    if (roomIn(box) > 0) store(box, event.detail.fields, event.detail.name);
    else complain(box, `This model takes ${box.dataset.maxImages} here.`);
  });

  const boxUnder = (target) => {
    const near = target.closest?.("[data-parameter]");
    if (near) return near;
    const form = target.closest?.("[data-takes-pictures]") ?? document.querySelector("[data-takes-pictures]");
    return form && (boxesOf(form).find((box) => roomIn(box) > 0) ?? boxesOf(form)[0]);
  };

  document.addEventListener("change", (event) => {
    const box = event.target.matches?.('[data-parameter] input[type="file"]') && boxUnder(event.target);
    if (!box) return;
    take(box, event.target.files);
    event.target.value = "";
  });

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])].filter((file) => file.type.startsWith("image/"));
    const box = files.length && boxUnder(event.target);
    if (!box) return;
    event.preventDefault();
    take(box, files);
  });

  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const clearOver = () => document.querySelectorAll(".is-over").forEach((box) => box.classList.remove("is-over"));

  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    clearOver();
    boxUnder(event.target)?.classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) clearOver();
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    clearOver();
    const box = boxUnder(event.target);
    if (box) take(box, event.dataTransfer.files);
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-parameter] [data-move], [data-parameter] [data-remove]");
    if (!button) return;
    const box = button.closest("[data-parameter]");
    const picture = button.closest("[data-picture]");
    if (button.matches("[data-remove]")) {
      picture.remove();
      complain(box, "");
      box.querySelector('input[type="file"]').focus();
    } else if (button.dataset.move === "1") picture.nextElementSibling?.after(picture);
    else picture.previousElementSibling?.before(picture);
    /* At either end the arrow just used is gone: the focus goes on to the other one. */
    if (picture.isConnected) {
      const stays = getComputedStyle(button).visibility === "visible" ? button : picture.querySelector(`[data-move="${-button.dataset.move}"]`);
      stays.focus();
    }
    showBox(box);
  });

  const showAll = (root) => root.querySelectorAll("[data-parameter]").forEach(showBox);
  document.addEventListener("DOMContentLoaded", () => showAll(document));
  document.addEventListener("htmx:load", (event) => {
    if (event.target.matches?.("[data-takes-pictures]")) showAll(event.target);
  });
})();
