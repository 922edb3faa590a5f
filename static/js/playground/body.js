// @ts-check
// The body of the request: a note about its JSON, the name of a file.
import { byId, first } from "../dom.js";
import { inputOf } from "./fields.js";

/**
 * What the note says about a text; empty where there is none. Variables count as values.
 * @param {string} text
 */
export function jsonNote(text) {
  if (!text.trim()) return "";
  try {
    JSON.parse(text.replace(/\{\{\s*\w+\s*\}\}/g, "0"));
    return "Valid JSON.";
  } catch (error) {
    return `Not JSON yet: ${/** @type {Error} */ (error).message}`;
  }
}

/** @param {HTMLFormElement} form */
function updateNote(form) {
  const note = byId("json-note");
  if (!note) return;
  /** @type {HTMLInputElement | null} */
  const kind = first('[name="kind"]:checked', form);
  const text = kind?.value === "json" ? jsonNote(inputOf(form, "body")?.value ?? "") : "";
  note.textContent = text;
  note.hidden = !text;
}

/** @param {HTMLFormElement} form */
export function startBody(form) {
  form.addEventListener(
    "change",
    (event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      if (field.name === "kind") updateNote(form);
      // A file is not sent for a prediction; its name is.
      const name = inputOf(form, "upload_name");
      if (field.name === "upload" && name) name.value = field.files?.[0]?.name ?? "";
    },
    true,
  );
  form.addEventListener("input", (event) => {
    if (/** @type {HTMLInputElement} */ (event.target).name === "body") updateNote(form);
  });
}
