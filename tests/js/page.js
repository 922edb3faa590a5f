// A document for modules that need one: jsdom's globals, with what it lacks.
import { JSDOM } from "jsdom";

const GLOBALS = [
  "document",
  "Node",
  "Element",
  "HTMLElement",
  "HTMLDetailsElement",
  "Event",
  "KeyboardEvent",
  "FormData",
  "DOMParser",
  "localStorage",
  "location",
];

/**
 * Replaces the page; call it before a module that looks at the page is imported.
 * @param {string} body
 */
export function showPage(body) {
  const { window } = new JSDOM(`<!doctype html><body>${body}</body>`, { url: "http://localhost/" });
  Object.assign(globalThis, { window });
  for (const name of GLOBALS) {
    Object.defineProperty(globalThis, name, {
      value: window[name],
      configurable: true,
      writable: true,
    });
  }
  globalThis.getSelection = () => window.getSelection();
  globalThis.addEventListener = window.addEventListener.bind(window);
  return window.document;
}
