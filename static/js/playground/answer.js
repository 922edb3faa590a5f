// @ts-check
// The answer comes into view on a phone, and the focus stays on Send.
import { first } from "../dom.js";

function scrollToAnswer() {
  const answer = first("#answer");
  if (!answer) return; // another page took the place of this one
  const { top } = answer.getBoundingClientRect();
  if (top >= 0 && top < innerHeight / 2) return;
  const isStill = matchMedia("(prefers-reduced-motion: reduce)").matches;
  answer.scrollIntoView({ block: "start", behavior: isStill ? "instant" : "smooth" });
}

/** Send is disabled while it sends, which takes the focus from it. @param {HTMLFormElement} form */
function keepFocus(form) {
  /** @type {Element | null} */
  let sender = null;
  form.addEventListener("htmx:beforeRequest", (event) => {
    if (event.target === form) sender = document.activeElement;
  });
  form.addEventListener("htmx:afterRequest", (event) => {
    if (event.target !== form || document.activeElement !== document.body) return;
    if (sender instanceof HTMLElement) sender.focus({ preventScroll: true });
  });
}

/** @param {HTMLFormElement | null} form */
export function startAnswer(form) {
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target.id === "answer") scrollToAnswer();
  });
  if (form) keepFocus(form);
}
