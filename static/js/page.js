// What every page can do when scripts run; without them everything still works by links and forms.
"use strict";

/** The polite live region; a modal dialog needs one of its own, since all behind it is silent. */
function speaker() {
  const dialog = document.querySelector("dialog:modal");
  if (!dialog) return document.getElementById("announce");
  const found = dialog.querySelector(":scope > [aria-live]");
  if (found) return found;
  const made = document.createElement("div");
  made.className = "visually-hidden";
  made.setAttribute("aria-live", "polite");
  return dialog.appendChild(made);
}

/** Says one sentence to screen readers. Each is added, and read even if another follows at once. */
function announce(text) {
  const region = speaker();
  if (!region) return;
  setTimeout(() => {
    const sentence = document.createElement("p");
    sentence.textContent = text;
    region.append(sentence);
    setTimeout(() => sentence.remove(), 5000);
  }, 50);
}

/** Puts text on the clipboard; the old way where the page is not a secure context. */
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    return navigator.clipboard.writeText(text);
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.className = "visually-hidden";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("not copied");
}

/** The text a button copies: its own, or that of the element it names. */
function textToCopy(button) {
  if (button.dataset.copy) return button.dataset.copy;
  const source = document.getElementById(button.dataset.copyFrom);
  return source ? (source.value ?? source.textContent) : "";
}

document.addEventListener("click", async (event) => {
  const copier = event.target.closest("[data-copy], [data-copy-from]");
  if (copier) {
    try {
      await copy(textToCopy(copier));
      announce("Copied");
      copier.classList.add("copied");
      setTimeout(() => copier.classList.remove("copied"), 1500);
    } catch {
      announce("Not copied: the browser does not allow it here.");
    }
    return;
  }
  if (event.target.closest("[data-print]")) print();
  const closer = event.target.closest("[data-dismiss]");
  if (closer) {
    closer.closest(closer.dataset.dismiss)?.remove();
    document.querySelector(".toast")?.focus() ?? document.getElementById("main")?.focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key === "F8") document.querySelector(".toast")?.focus();
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    const form = event.target.closest?.("form[data-ctrl-enter]");
    const send = form?.querySelector("[data-send]");
    if (send && !send.disabled) form.requestSubmit(send);
  }
});

// Rows that scroll sideways on a phone begin where the page is.
for (const here of document.querySelectorAll(".rooms [aria-current], .filters [aria-current]")) {
  const row = here.closest("ul");
  const left = here.getBoundingClientRect().left - row.getBoundingClientRect().left;
  row.scrollLeft += left - (row.clientWidth - here.offsetWidth) / 2;
}

// Toasts that came with the page are not spoken by themselves.
addEventListener("load", () => {
  const said = [...document.querySelectorAll(".toast [data-said]")].map((e) => e.textContent.trim());
  if (said.length) announce(said.join(" "));
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  // The session ended: a sign-in page belongs into the window, not into a part of the page.
  if (xhr.responseURL && new URL(xhr.responseURL).pathname.startsWith("/accounts/login")) {
    event.preventDefault();
    location.reload();
  }
});

/** What did not work is said to everybody: as a toast, which stays until it is dismissed. */
function complain(sentence) {
  const host = document.querySelector("dialog:modal") ?? document.body;
  let place = host.querySelector(".toasts");
  if (!place) {
    place = document.createElement("div");
    place.className = "toasts";
    place.setAttribute("role", "region");
    place.setAttribute("aria-label", "What just happened");
    host.append(place);
  }
  const toast = document.createElement("div");
  toast.className = "toast is-danger";
  toast.tabIndex = -1;
  toast.innerHTML = '<span><b></b></span><button type="button" class="button button-row" data-dismiss=".toast">Dismiss</button>';
  toast.querySelector("b").textContent = sentence;
  place.querySelectorAll(".toast.is-danger").forEach((old) => old.textContent.startsWith(sentence) && old.remove());
  place.append(toast);
  announce(sentence);
}

const REASONS = { 413: "what was sent is too large", 429: "too many requests", 500: "the dashboard failed; its log says why" };
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  complain(`Not done: ${REASONS[status] ?? `the dashboard answered ${status}`}.`);
});
document.addEventListener("htmx:sendError", () => {
  complain("Not done: the dashboard cannot be reached. What you typed is still here.");
});
// New content says what it is; the page itself, which htmx "loads" too, is read anyway.
document.addEventListener("htmx:load", (event) => {
  const { elt } = event.detail;
  if (elt === document.body) return;
  const sentence = elt.matches("[data-announce]") ? elt : elt.querySelector("[data-announce]");
  if (sentence) announce(sentence.dataset.announce);
});

// An inbox changed, it may be this person's: the bell asks. The news itself says nothing about it.
const news = document.getElementById("inbox-news");
if (news) {
  new MutationObserver(() => window.htmx?.trigger("#inbox-bell", "inbox-changed"))
    .observe(news, { attributes: true, attributeFilter: ["data-newest"] });
}
