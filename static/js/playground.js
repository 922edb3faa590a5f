// The playground: Workers switch at once, a fix goes into the raw field, picking keeps it in step.
"use strict";

const request = document.getElementById("request");

document.getElementById("worker")?.addEventListener("change", (event) => {
  event.target.form.requestSubmit();
});

/** Puts text into the raw field and asks for the verdict about it. */
function useRaw(text) {
  request.elements.raw.value = text;
  request.querySelector('[name="mode"][value="raw"]').checked = true;
  request.elements.raw.dispatchEvent(new Event("input", { bubbles: true }));
  request.elements.raw.focus();
}

request?.addEventListener("click", (event) => {
  const fix = event.target.closest("[data-fix]");
  if (!fix) return;
  event.preventDefault();
  useRaw(fix.dataset.fix);
});

request?.addEventListener("change", (event) => {
  if (event.target.name !== "version") return;
  const id = event.target.value;
  request.elements.raw.value = id ? `${request.elements.worker.value}="${id}"` : "";
});
