// @ts-check
// What depends on what is live, outside the pushed parts: the stopwatch of a toast, an open form.
import { byId, first } from "../dom.js";

export function updateNotes() {
  const meter = byId("meter");
  const watch = first(".toast [data-stopwatch]");
  const time = meter?.dataset.stopwatch;
  if (meter && watch && watch.textContent !== time) watch.textContent = time ?? "";
  /** @type {HTMLFormElement | null} */
  const form = first("form[data-change], form[data-follows]");
  if (form) warnOf(form);
}

/** @param {HTMLFormElement} form */
function warnOf(form) {
  const now = first("[data-live-id]")?.dataset;
  const newest = byId("newest")?.dataset;
  const overtaken = first("#overtaken", form);
  const uploaded = first("#uploaded", form);
  warn(overtaken, inputValue(form, "expected"), now?.liveId, "[data-overtaken-by]", now?.liveWho);
  warn(
    uploaded,
    inputValue(form, "latest"),
    newest?.newestId,
    "[data-uploaded]",
    newest?.newestWords,
  );
}

/** @param {HTMLFormElement} form @param {string} name @returns {string | undefined} */
const inputValue = (form, name) =>
  /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name))?.value;

/**
 * An alert, once, that someone deployed or uploaded while the form was open.
 * @param {HTMLElement | null} note
 * @param {string | undefined} opened
 * @param {string | undefined} current
 * @param {string} place
 * @param {string | undefined} text
 */
function warn(note, opened, current, place, text = "") {
  if (!note || !current || opened === current) return;
  const line = first(place, note);
  if (line && line.textContent !== text) line.textContent = text;
  note.hidden = false;
}
