// The percentage editor: steps by buttons and arrows, presets without leaving the form.
"use strict";

const editor = () => document.getElementById("percentage");

/** Sets the field, within bounds and three decimals, and lets htmx show the consequence. */
function set(field, value) {
  field.value = String(Math.round(Math.min(100, Math.max(0, value)) * 1000) / 1000);
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

function markPreset(field) {
  for (const link of document.querySelectorAll("[data-preset]")) {
    const here = Number(link.dataset.preset) === Number(field.value) && field.value !== "";
    if (here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

document.addEventListener("click", (event) => {
  const field = editor();
  if (!field || field.readOnly) return;
  const step = event.target.closest("[data-step]");
  if (step) set(field, Number(field.value || 0) + Number(step.dataset.step));
  const preset = event.target.closest("[data-preset]");
  if (preset && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    set(field, Number(preset.dataset.preset));
  }
});
document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (field.id !== "percentage" || field.readOnly) return;
  const up = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (up) set(field, Number(field.value || 0) + up * (event.shiftKey ? 10 : 1));
  else if (event.key === "Home") set(field, 0);
  else if (event.key === "End") set(field, 100);
  else return;
  event.preventDefault();
});
document.addEventListener("input", (event) => {
  if (event.target.id === "percentage") markPreset(event.target);
});
// Nothing can be sent while the percentages are those that are live.
document.addEventListener("htmx:afterSwap", () => {
  const after = document.querySelector("#split-form #after[data-armed]");
  const send = document.querySelector("#split-form [data-send]");
  if (after && send) send.disabled = after.dataset.armed === "no";
});
