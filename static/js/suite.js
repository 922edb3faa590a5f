// Unsaved changes of a check: the browser asks before the page is left.
"use strict";

(() => {
  let isDirty = false;
  const inForm = (event) => event.target.closest?.("#suite-check");

  addEventListener("input", (event) => {
    if (inForm(event)) isDirty = true;
  });
  // A button that changes the form is a change; saving is none, unless the form comes back.
  addEventListener("submit", (event) => {
    if (inForm(event)) isDirty = (event.submitter?.value ?? "save") !== "save";
  }, true);
  addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.xhr.status >= 400 && document.querySelector("#suite-check")) isDirty = true;
  });
  addEventListener("click", (event) => {
    if (event.target.closest?.("[data-discard]")) isDirty = false;
  });
  addEventListener("beforeunload", (event) => {
    if (isDirty) event.preventDefault();
  });
})();
