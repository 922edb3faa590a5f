// @ts-check
// The percentage editor: steps by buttons and arrow keys, presets without leaving the form.
import { all, closest, first } from "./dom.js";

/** @returns {HTMLInputElement | null} */
const percentageField = () => first("#percentage");

/**
 * Within 0 to 100, in three decimals.
 * @param {number} value
 */
export function percentage(value) {
  return Math.round(Math.min(100, Math.max(0, value)) * 1000) / 1000;
}

/**
 * Sets the field and lets htmx show the consequence.
 * @param {HTMLInputElement} field
 * @param {number} value
 */
function set(field, value) {
  field.value = String(percentage(value));
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** @param {HTMLInputElement} field */
function markPreset(field) {
  for (const link of all("[data-preset]")) {
    const isCurrent = Number(link.dataset.preset) === Number(field.value) && field.value !== "";
    if (isCurrent) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

document.addEventListener("click", (event) => {
  const field = percentageField();
  if (!field || field.readOnly) return;
  const step = closest(event, "[data-step]");
  if (step) set(field, Number(field.value || 0) + Number(step.dataset.step));
  const preset = closest(event, "[data-preset]");
  if (preset && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    set(field, Number(preset.dataset.preset));
  }
});
document.addEventListener("keydown", (event) => {
  const field = percentageField();
  if (!field || event.target !== field || field.readOnly) return;
  const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (step) set(field, Number(field.value || 0) + step * (event.shiftKey ? 10 : 1));
  else if (event.key === "Home") set(field, 0);
  else if (event.key === "End") set(field, 100);
  else return;
  event.preventDefault();
});
document.addEventListener("input", (event) => {
  const field = percentageField();
  if (field && event.target === field) markPreset(field);
});
// Nothing can be sent while the percentages are the live ones.
document.addEventListener("htmx:afterSwap", () => {
  const after = first("#split-form #after[data-armed]");
  /** @type {HTMLButtonElement | null} */
  const send = first("#split-form [data-send]");
  if (after && send) send.disabled = after.dataset.armed === "no";
});
