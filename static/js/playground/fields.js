// @ts-check

/**
 * A field of a form by its name.
 * @param {HTMLFormElement} form
 * @param {string} name
 * @returns {HTMLInputElement | null}
 */
export const inputOf = (form, name) =>
  /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
