// @ts-check
// Unsaved changes of a check: the browser asks before the page is left.
import { closest, first } from "./dom.js";

let isDirty = false;

addEventListener("input", (event) => {
  if (closest(event, "#suite-check")) isDirty = true;
});
// A button that changes the form is a change. Saving is none, unless the form comes back.
addEventListener(
  "submit",
  (event) => {
    if (!closest(event, "#suite-check")) return;
    const button = /** @type {HTMLButtonElement | null} */ (event.submitter);
    isDirty = (button?.value ?? "save") !== "save";
  },
  true,
);
addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.xhr.status >= 400 && first("#suite-check")) isDirty = true;
});
addEventListener("click", (event) => {
  if (closest(event, "[data-discard]")) isDirty = false;
});
addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault();
});
