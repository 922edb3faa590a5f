// @ts-check
// Typed shortcuts for what every module does with the document.

/**
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {HTMLElement[]}
 */
export const all = (selector, root = document) => [
  ...root.querySelectorAll(/** @type {"a"} */ (selector)),
];

/**
 * The first element that matches.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T | null}
 */
export const first = (selector, root = document) => root.querySelector(selector);

/**
 * An element that the page cannot be without.
 * @template {Element} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [root]
 * @returns {T}
 */
export const need = (selector, root = document) => /** @type {T} */ (root.querySelector(selector));

/** @param {string} id */
export const byId = (id) => document.getElementById(id);

/**
 * What an event is about: its target, or the closest element around it that matches.
 * @template {Element} [T=HTMLElement]
 * @param {Event} event
 * @param {string} selector
 * @returns {T | null}
 */
export const closest = (event, selector) =>
  event.target instanceof Element ? event.target.closest(selector) : null;

/**
 * Whether nothing but the key itself is pressed; Shift may be.
 * @param {KeyboardEvent | MouseEvent} event
 */
export const isPlain = (event) => !event.ctrlKey && !event.metaKey && !event.altKey;

/** Single-letter keys can be switched off on the account page. */
export const singleKeys = () => localStorage.getItem("single-keys") !== "off";
