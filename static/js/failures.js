// @ts-check
// A request that failed shows a toast, which stays until it is dismissed.
import { announce } from "./announce.js";
import { all, first, need } from "./dom.js";

/** @type {Record<number, string>} */
const REASONS = {
  413: "what was sent is too large",
  429: "too many requests",
  500: "the dashboard failed; its log has the reason",
};

function toasts() {
  const host = first("dialog:modal") ?? document.body;
  const existing = first(".toasts", host);
  if (existing) return existing;
  const created = document.createElement("div");
  created.className = "toasts";
  created.setAttribute("role", "region");
  created.setAttribute("aria-label", "What just happened");
  return host.appendChild(created);
}

/** @param {string} sentence */
function showFailure(sentence) {
  const region = toasts();
  const toast = document.createElement("div");
  toast.className = "toast is-danger";
  toast.tabIndex = -1;
  toast.innerHTML =
    '<span><b></b></span><button type="button" class="button button-row" data-dismiss=".toast">Dismiss</button>';
  need("b", toast).textContent = sentence;
  for (const old of all(".toast.is-danger", region)) {
    if (old.textContent?.startsWith(sentence)) old.remove();
  }
  region.append(toast);
  announce(sentence);
}

document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  showFailure(`Not done: ${REASONS[status] ?? `the dashboard answered ${status}`}.`);
});
document.addEventListener("htmx:sendError", () => {
  showFailure("Not done: the dashboard cannot be reached. What you typed is still here.");
});
