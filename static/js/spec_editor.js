/* Text areas that hold code: numbers beside the lines, the line of a fault marked and one click away, Enter keeps the indent. */
(() => {
  "use strict";
  const areaOf = (editor) => editor.querySelector("textarea");
  const linesOf = (editor) => editor.querySelector("[data-code-lines]");

  const showLines = (editor) => {
    const lines = linesOf(editor);
    const wanted = areaOf(editor).value.split("\n").length;
    while (lines.childElementCount > wanted) lines.lastElementChild.remove();
    while (lines.childElementCount < wanted) lines.append(document.createElement("li"));
    lines.scrollTop = areaOf(editor).scrollTop;
  };

  const markFault = () => {
    const fault = document.getElementById("spec-fault");
    const editor = document.querySelector("[data-code-editor]");
    if (!fault || !editor) return;
    const line = Number(fault.dataset.faultLine ?? 0);
    [...linesOf(editor).children].forEach((item, at) => item.classList.toggle("is-fault", at + 1 === line));
    areaOf(editor).setAttribute("aria-invalid", String(fault.hasChildNodes()));
  };

  const goTo = (line) => {
    const area = areaOf(document.querySelector("[data-code-editor]"));
    const lines = area.value.split("\n");
    const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    area.scrollTop = (area.scrollHeight / lines.length) * Math.max(line - 6, 0);
  };

  const showAll = () => {
    document.querySelectorAll("[data-code-editor]").forEach(showLines);
    markFault();
  };

  document.addEventListener("input", (event) => {
    const editor = event.target.closest?.("[data-code-editor]");
    if (editor) showLines(editor);
  });

  /* Scrolling does not bubble. */
  document.addEventListener(
    "scroll",
    (event) => {
      const editor = event.target.closest?.("[data-code-editor]");
      if (editor && event.target.matches("textarea")) linesOf(editor).scrollTop = event.target.scrollTop;
    },
    true,
  );

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches?.("[data-code-editor] textarea:not([readonly])")) return;
    const area = event.target;
    const indent = /^ */.exec(area.value.slice(area.value.lastIndexOf("\n", area.selectionStart - 1) + 1))[0];
    event.preventDefault();
    area.setRangeText(`\n${indent}`, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-go-to-line]");
    if (button) goTo(Number(button.dataset.goToLine));
  });

  document.addEventListener("DOMContentLoaded", showAll);
  document.addEventListener("htmx:afterSettle", markFault);
  document.addEventListener("htmx:oobAfterSwap", markFault);
})();
