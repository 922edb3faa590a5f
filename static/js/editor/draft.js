// @ts-check
// What was typed and not saved, stored in this browser. Secrets are not.
const PREFIX = "sluice-draft:";
const MAX_LENGTH = 2_000_000;

/** @typedef {{ at: number, fields: [name: string, value: string][] }} Draft */

/** @param {HTMLFormElement} form */
const keyOf = (form) => PREFIX + form.dataset.draftKey;

/**
 * The fields of a form as pairs, without secrets, files and the server's token.
 * @param {HTMLFormElement} form
 */
export function fieldsOf(form) {
  /** @type {NodeListOf<HTMLInputElement>} */
  const secrets = form.querySelectorAll("[data-private]");
  const skipped = new Set([...secrets].map((field) => field.name)).add("csrfmiddlewaretoken");
  return [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && !skipped.has(name),
  );
}

/** @param {HTMLFormElement} form */
export function storeDraft(form) {
  const text = JSON.stringify({ at: Date.now(), fields: fieldsOf(form) });
  try {
    if (text.length < MAX_LENGTH) localStorage.setItem(keyOf(form), text);
  } catch {
    // Storage is full or forbidden: the page itself still warns before it is left.
  }
}

/**
 * @param {HTMLFormElement} form
 * @returns {Draft | null}
 */
export function storedDraft(form) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(form)) ?? "null");
  } catch {
    return null;
  }
}

/** @param {HTMLFormElement} form */
export function deleteDraft(form) {
  try {
    localStorage.removeItem(keyOf(form));
  } catch {
    // Nothing was stored.
  }
}
