// @ts-check
// Choices that this browser stores: a checkbox for each, on unless it was switched off.

/** @type {NodeListOf<HTMLInputElement>} */
const boxes = document.querySelectorAll("[data-preference]");
for (const box of boxes) {
  const name = box.dataset.preference ?? "";
  box.checked = localStorage.getItem(name) !== "off";
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(name);
    else localStorage.setItem(name, "off");
  });
}
