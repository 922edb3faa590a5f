// Choices that this browser keeps: a checkbox for each, on unless it was switched off.
"use strict";

for (const box of document.querySelectorAll("[data-preference]")) {
  box.checked = localStorage.getItem(box.dataset.preference) !== "off";
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(box.dataset.preference);
    else localStorage.setItem(box.dataset.preference, "off");
  });
}
