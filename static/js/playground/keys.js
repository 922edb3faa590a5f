// @ts-check
// Keys of the playground: / goes to the path, Ctrl Enter sends, arrows move through the history.
import { all, closest, isPlain, need, singleKeys } from "../dom.js";
import { inputOf } from "./fields.js";

const FIELDS = "input, textarea, select, [contenteditable]";

/** @param {KeyboardEvent} event @param {HTMLFormElement | null} form */
function onKey(event, form) {
  if (form && event.key === "/" && singleKeys() && !closest(event, FIELDS) && isPlain(event)) {
    event.preventDefault();
    const path = inputOf(form, "path");
    path?.focus();
    path?.select();
  }
  // Ctrl Enter inside the form belongs to page.js.
  const isElsewhere = form && !closest(event, "form, dialog, [popover]");
  if (isElsewhere && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    form.requestSubmit(need("[data-send]", form));
  }
  const entry = closest(event, ".entry");
  if (entry) moveFrom(entry, event);
}

/** @param {HTMLElement} entry @param {KeyboardEvent} event */
function moveFrom(entry, event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const list = entry.closest(".entries");
  if (!step || !list) return;
  const entries = all(".entry", list);
  const next = entries[entries.indexOf(entry) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

/** @param {HTMLFormElement | null} form */
export function startKeys(form) {
  document.addEventListener("keydown", (event) => onKey(event, form));
}
