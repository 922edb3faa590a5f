// What was typed and not saved, kept in this browser. Secrets are not.
const PREFIX = "sluice-draft:";
const LARGEST = 2_000_000;

/** The fields of `form` as pairs, without secrets, files and what the server gave. */
export function fieldsOf(form) {
  const secret = new Set([...form.querySelectorAll("[data-private]")].map((e) => e.name));
  return [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken" && !secret.has(name),
  );
}

export function keep(form) {
  const text = JSON.stringify({ at: Date.now(), fields: fieldsOf(form) });
  try {
    if (text.length < LARGEST) localStorage.setItem(PREFIX + form.dataset.draftKey, text);
  } catch {
    // Storage is full or forbidden: the page itself still warns before it is left.
  }
}

export function kept(form) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + form.dataset.draftKey));
  } catch {
    return null;
  }
}

export function forget(form) {
  try {
    localStorage.removeItem(PREFIX + form.dataset.draftKey);
  } catch {
    // Nothing was kept.
  }
}
