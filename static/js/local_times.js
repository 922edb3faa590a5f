// @ts-check
// Adds the reader's own time to times that are given in UTC: <span data-local="ISO time">.
import { all } from "./dom.js";

const options = /** @type {const} */ ({ weekday: "short", hour: "2-digit", minute: "2-digit" });

function localize() {
  if (new Date().getTimezoneOffset() === 0) return;
  for (const element of all("[data-local]"))
    element.textContent = `(${new Date(element.dataset.local ?? "").toLocaleString("en-GB", options)} local)`;
}

localize();
document.addEventListener("htmx:afterSettle", localize);
