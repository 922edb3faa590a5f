// @ts-check
// What every page can do when scripts run; without them everything still works by links and forms.
import { announce } from "./announce.js";
import "./copy.js";
import { all, byId, closest, first } from "./dom.js";
import "./failures.js";

document.addEventListener("click", (event) => {
  if (closest(event, "[data-copy], [data-copy-from]")) return;
  if (closest(event, "[data-print]")) print();
  const closer = closest(event, "[data-dismiss]");
  if (!closer) return;
  closer.closest(closer.dataset.dismiss ?? "")?.remove();
  (first(".toast") ?? byId("main"))?.focus();
});

// A pressed button that the field's own `change` would replace keeps the field's focus instead.
document.addEventListener("mousedown", (event) => {
  if (closest(event, "[data-keeps-focus]")) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "F8") first(".toast")?.focus();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    /** @type {HTMLFormElement | null} */
    const form = closest(event, "form[data-ctrl-enter]");
    /** @type {HTMLButtonElement | null} */
    const send = form && first("[data-send]", form);
    if (form && send && !send.disabled) form.requestSubmit(send);
  }
});

// Rows that scroll sideways on a phone begin at the current page.
for (const current of all(".rooms [aria-current], .filters [aria-current]")) {
  const row = current.closest("ul");
  if (!row) continue;
  const left = current.getBoundingClientRect().left - row.getBoundingClientRect().left;
  row.scrollLeft += left - (row.clientWidth - current.offsetWidth) / 2;
}

// Screen readers do not read toasts that came with the page.
addEventListener("load", () => {
  const sentences = all(".toast [data-said]").map((element) => element.textContent?.trim());
  if (sentences.length) announce(sentences.join(" "));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { responseURL } = event.detail.xhr;
  // The session ended: the sign-in page fills the window, not a part of this page.
  if (responseURL && new URL(responseURL).pathname.startsWith("/accounts/login")) {
    event.preventDefault();
    location.reload();
  }
});
// Announce new content; the page itself, which htmx "loads" too, is read anyway.
document.addEventListener("htmx:load", (event) => {
  const { elt } = event.detail;
  if (elt === document.body) return;
  const element = elt.matches("[data-announce]") ? elt : first("[data-announce]", elt);
  if (element) announce(element.dataset.announce ?? "");
});

// The server pushes that some inbox changed, without content: the bell asks for this person's.
const news = byId("inbox-news");
if (news) {
  new MutationObserver(() => window.htmx?.trigger("#inbox-bell", "inbox-changed")).observe(news, {
    attributes: true,
    attributeFilter: ["data-newest"],
  });
}
