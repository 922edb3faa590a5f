// @ts-check
// "?" opens the list of keys, unless single letters are switched off.
import { closest, isPlain, singleKeys } from "./dom.js";

/** @type {HTMLDialogElement | null} */
const sheet = document.querySelector("#keys");

document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || !isPlain(event) || !singleKeys() || !sheet || sheet.open) return;
  if (closest(event, "input, textarea, select, dialog, [contenteditable]")) return;
  event.preventDefault();
  sheet.showModal();
});
