/* A picture that was chosen is sent at once. */
(() => {
  "use strict";
  document.addEventListener("change", (event) => {
    const form = event.target.closest?.("form[data-sends-itself]");
    if (form && event.target.files?.length) form.requestSubmit();
  });
})();
