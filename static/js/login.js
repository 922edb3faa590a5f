// The eye in the password field shows what was typed.
"use strict";

const password = document.getElementById("password");
const eye = document.getElementById("show-password");

/** The button keeps its name; whether it is pressed says the rest. */
function show(shown) {
  password.type = shown ? "text" : "password";
  eye.setAttribute("aria-pressed", String(shown));
}

if (password && eye) {
  // Pages about a sign-in have this bundle without the form.
  eye.addEventListener("click", () => show(password.type === "password"));
  // Browsers keep what is sent from a field for text.
  password.form.addEventListener("submit", () => show(false));
}
