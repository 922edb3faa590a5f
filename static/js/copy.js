// @ts-check
// Buttons that copy: [data-copy] a text, [data-copy-from] the text of another element.
import { announce } from "./announce.js";
import { byId, closest } from "./dom.js";

/**
 * The old way where the page is not a secure context.
 * @param {string} text
 */
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("not copied");
}

/**
 * The text a button copies.
 * @param {HTMLElement} button
 */
export function textToCopy(button) {
  if (button.dataset.copy) return button.dataset.copy;
  const source = byId(button.dataset.copyFrom ?? "");
  if (!source) return "";
  return "value" in source ? String(source.value) : (source.textContent ?? "");
}

document.addEventListener("click", async (event) => {
  const button = closest(event, "[data-copy], [data-copy-from]");
  if (!button) return;
  try {
    await copy(textToCopy(button));
    announce("Copied");
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
  } catch {
    announce("Not copied: the browser does not allow it here.");
  }
});
