// The percentage editor: steps by buttons and arrows, presets without leaving the page.
"use strict";

const field = document.getElementById("percentage");

/** Sets the field, within bounds and three decimals, and lets htmx show the consequence. */
function set(value) {
  field.value = String(Math.round(Math.min(100, Math.max(0, value)) * 1000) / 1000);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function markPreset() {
  for (const link of document.querySelectorAll("[data-preset]")) {
    const here = Number(link.dataset.preset) === Number(field.value) && field.value !== "";
    if (here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

if (field && !field.readOnly) {
  document.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]");
    if (step) set(Number(field.value || 0) + Number(step.dataset.step));
    const preset = event.target.closest("[data-preset]");
    if (preset && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      set(Number(preset.dataset.preset));
    }
  });
  field.addEventListener("keydown", (event) => {
    const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (up) set(Number(field.value || 0) + up * (event.shiftKey ? 10 : 1));
    else if (event.key === "Home") set(0);
    else if (event.key === "End") set(100);
    else return;
    event.preventDefault();
  });
  field.addEventListener("input", markPreset);
}
