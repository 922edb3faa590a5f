// @ts-check
// The eye in the password field shows what was typed.
import { byId, first } from "./dom.js";

/** @type {HTMLInputElement | null} */
const password = first("#password");
const eye = byId("show-password");

/** The button keeps its name; `aria-pressed` is its state. @param {boolean} shown */
function show(shown) {
  if (password) password.type = shown ? "text" : "password";
  eye?.setAttribute("aria-pressed", String(shown));
}

if (password && eye) {
  // Some pages about signing in have no form.
  eye.addEventListener("click", () => show(password.type === "password"));
  // Browsers remember what is sent from a text field.
  password.form?.addEventListener("submit", () => show(false));
}
