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

/** The theme: "" follows the system. static/js/pages/first.js applies it before the first paint.
 * @type {NodeListOf<HTMLInputElement>} */
const themes = document.querySelectorAll("[name=theme]");
for (const radio of themes) {
  radio.checked = radio.value === (localStorage.getItem("theme") ?? "");
  radio.addEventListener("change", () => {
    document.documentElement.dataset.theme = radio.value;
    if (radio.value) localStorage.setItem("theme", radio.value);
    else localStorage.removeItem("theme");
  });
}
