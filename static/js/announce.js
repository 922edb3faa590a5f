// @ts-check
// What screen readers hear.
import { byId, first } from "./dom.js";

/** The polite live region. A modal dialog needs its own: everything behind it is silent. */
function liveRegion() {
  const dialog = first("dialog:modal");
  if (!dialog) return byId("announce");
  const existing = first(":scope > [aria-live]", dialog);
  if (existing) return existing;
  const created = document.createElement("div");
  created.className = "visually-hidden";
  created.setAttribute("aria-live", "polite");
  return dialog.appendChild(created);
}

/**
 * Speaks one sentence. Each is appended, so that it is read even if another follows at once.
 * @param {string} text
 */
export function announce(text) {
  const region = liveRegion();
  if (!region) return;
  setTimeout(() => {
    const sentence = document.createElement("p");
    sentence.textContent = text;
    region.append(sentence);
    setTimeout(() => sentence.remove(), 5000);
  }, 50);
}
