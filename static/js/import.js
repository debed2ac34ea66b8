/* Files chosen or dropped, folders too, are sent one or two at a time; each gets a line that says what became of it. */
(() => {
  "use strict";
  const AT_ONCE = 2;
  const KINDS = /\.(png|jpe?g|webp)$/i;
  const waiting = [];
  const counts = { total: 0, ended: 0, recipe: 0, known: 0, refused: 0, lost: 0 };
  let running = 0;

  const form = () => document.querySelector("[data-import]");
  const part = (name) => document.querySelector(`[data-${name}]`);

  const complain = (sentence) => {
    const place = part("complaint");
    place.textContent = sentence;
    place.hidden = !sentence;
  };

  const summarise = () => {
    const words = [counts.ended < counts.total ? `${counts.ended} of ${counts.total} files` : `${counts.total} file${counts.total === 1 ? "" : "s"}`];
    if (counts.recipe) words.push(`${counts.recipe} with ${counts.recipe === 1 ? "its" : "their"} recipe`);
    if (counts.known) words.push(`${counts.known} already here`);
    if (counts.refused) words.push(`${counts.refused} refused`);
    if (counts.lost) words.push(`${counts.lost} did not arrive`);
    const isOver = counts.ended === counts.total;
    part("summary").textContent = words.join(", ");
    part("bar").hidden = isOver;
    part("bar").value = counts.ended / counts.total;
    part("library").hidden = counts.ended === counts.refused + counts.lost;
    part("result").hidden = false;
    if (isOver) document.getElementById("announcements").textContent = `Import: ${words.join(", ")}.`;
  };

  const buildLine = (name) => {
    const line = document.createElement("li");
    line.className = "import-line";
    const picture = document.createElement("span");
    picture.className = "import-picture";
    const label = document.createElement("span");
    label.className = "import-name";
    label.append(Object.assign(document.createElement("bdi"), { textContent: name }));
    const state = document.createElement("span");
    state.className = "import-state";
    state.textContent = "Waiting";
    line.append(picture, label, state);
    return line;
  };

  const settle = (job, line, state) => {
    job.line.replaceWith(line);
    job.line = line;
    counts.ended += 1;
    if (state in counts) counts[state] += 1;
  };

  const refuse = (job, sentence, state) => {
    const line = buildLine(job.file.name);
    line.classList.add("is-refused");
    line.dataset.state = "refused";
    line.querySelector(".import-state").textContent = sentence;
    settle(job, line, state);
    return line;
  };

  const lose = (job) => {
    const line = refuse(job, "It did not arrive. The connection may be gone.", "lost");
    const again = document.createElement("button");
    again.className = "button button-small";
    again.type = "button";
    again.textContent = "Try again";
    again.addEventListener("click", () => {
      counts.ended -= 1;
      counts.lost -= 1;
      const fresh = buildLine(job.file.name);
      line.replaceWith(fresh);
      job.line = fresh;
      waiting.push(job);
      next();
    });
    line.append(again);
  };

  const send = async (job) => {
    job.line.querySelector(".import-state").textContent = "On its way";
    const data = new FormData();
    data.append("files", job.file, job.file.name);
    data.append("visibility", job.visibility);
    const headers = { "X-CSRFToken": form().elements.csrfmiddlewaretoken.value, "HX-Request": "true" };
    const answer = await fetch(form().action, { method: "POST", body: data, headers });
    if (answer.status !== 200 && answer.status !== 422) throw new Error(String(answer.status));
    const template = document.createElement("template");
    template.innerHTML = await answer.text();
    const line = template.content.querySelector("[data-state]");
    if (!line) throw new Error("no line");
    settle(job, line, line.dataset.state);
  };

  const next = () => {
    summarise();
    while (running < AT_ONCE && waiting.length) {
      const job = waiting.shift();
      running += 1;
      send(job)
        .catch(() => lose(job))
        .finally(() => {
          running -= 1;
          next();
        });
    }
  };

  const take = (files) => {
    complain("");
    const most = Number(form().dataset.mostFiles);
    const largest = Number(form().dataset.mostMegabytes) * 1024 * 1024;
    const pictures = files.filter((file) => KINDS.test(file.name) && !file.name.startsWith("."));
    const others = files.length - pictures.length;
    const kept = pictures.slice(0, Math.max(most - waiting.length, 0));
    const sentences = [];
    if (others) sentences.push(`${others} file${others === 1 ? " is no PNG, JPEG or WebP and was" : "s are no PNG, JPEG or WebP and were"} left out.`);
    if (kept.length < pictures.length) sentences.push(`Up to ${most} pictures come in at once; ${pictures.length - kept.length} were left out. Add them afterwards.`);
    complain(sentences.join(" "));
    if (!kept.length) return;
    const visibility = form().elements.visibility.value;
    counts.total += kept.length;
    for (const file of kept) {
      const job = { file, visibility, line: buildLine(file.name) };
      part("lines").append(job.line);
      if (file.size > largest) refuse(job, `This file is larger than ${form().dataset.mostMegabytes} MB. Save a smaller copy.`, "refused");
      else waiting.push(job);
    }
    next();
  };

  const readAll = async (reader) => {
    const found = [];
    for (;;) {
      /* A folder hands out a hundred entries at a time. */
      const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
      if (!some.length) return found;
      found.push(...some);
    }
  };

  const filesIn = async (entry) => {
    if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
    const inside = await readAll(entry.createReader());
    inside.sort((one, other) => one.name.localeCompare(other.name, undefined, { numeric: true }));
    const files = [];
    for (const each of inside) files.push(...(await filesIn(each)));
    return files;
  };

  document.addEventListener("change", (event) => {
    if (!event.target.matches?.('[data-import] input[type="file"]')) return;
    const files = [...event.target.files];
    event.target.value = "";
    take(files);
  });

  const isOverForm = (event) => form() && event.dataTransfer?.types.includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!isOverForm(event)) return;
    event.preventDefault();
    part("drop").classList.add("is-over");
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) part("drop")?.classList.remove("is-over");
  });
  document.addEventListener("drop", async (event) => {
    if (!isOverForm(event)) return;
    event.preventDefault();
    part("drop").classList.remove("is-over");
    /* Both are gone after the first pause. */
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    const plain = [...event.dataTransfer.files];
    try {
      const files = entries.length ? (await Promise.all(entries.map(filesIn))).flat() : plain;
      take(files);
    } catch {
      complain("This folder could not be read. Choose it with the button instead.");
    }
  });

  addEventListener("beforeunload", (event) => {
    if (running || waiting.length) event.preventDefault();
  });
})();
