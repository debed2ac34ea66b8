/* References from elsewhere: the library's dialog, and an address on the web. input_pictures.js stores what they give. */
(() => {
  "use strict";
  const dialog = () => document.getElementById("library-picker");
  let boxAsking = null;

  const give = (box, fields, name, refused = null) => {
    box.dispatchEvent(new CustomEvent("proofsheet:take", { bubbles: true, detail: { fields, name, refused } }));
  };

  const openLibrary = async (button) => {
    boxAsking = button.closest("[data-parameter]");
    await htmx.ajax("GET", button.dataset.fromLibrary, { target: "#library-picker", swap: "innerHTML" });
    dialog().showModal();
  };

  const toggleAddress = (button) => {
    const row = button.closest("[data-parameter]").querySelector("[data-address]");
    row.hidden = !row.hidden;
    button.setAttribute("aria-expanded", String(!row.hidden));
    if (!row.hidden) row.querySelector("input").focus();
  };

  const takeAddress = (row) => {
    const input = row.querySelector("input");
    const words = input.value;
    if (!words.trim()) return;
    input.value = "";
    /* Refused, it stands there again to be mended, unless the next one does. */
    const refused = (box) => {
      const [again, field] = [box.querySelector("[data-address]"), box.querySelector("[data-address] input")];
      again.hidden = false;
      field.value ||= words;
    };
    give(row.closest("[data-parameter]"), { address: words.trim() }, "The picture", refused);
  };

  document.addEventListener("click", (event) => {
    const target = event.target;
    const library = target.closest?.("[data-from-library]");
    if (library) openLibrary(library);
    const address = target.closest?.("[data-from-address]");
    if (address) toggleAddress(address);
    const take = target.closest?.("[data-take-address]");
    if (take) takeAddress(take.closest("[data-address]"));
    const tile = target.closest?.("[data-pick]");
    if (tile && boxAsking) {
      give(boxAsking, { image: tile.dataset.pick }, "The picture");
      dialog().close();
    }
    if (dialog()?.open && (target === dialog() || target.closest?.("#library-picker [data-close-dialog]"))) dialog().close();
  });

  document.addEventListener("keydown", (event) => {
    const row = event.key === "Enter" && event.target.closest?.("[data-address]");
    if (!row) return;
    event.preventDefault();
    takeAddress(row);
  });
})();
