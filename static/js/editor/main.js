// The editor's page: code editors over the textareas, live changes, drafts, dropped files.
// Everything it does, the form does without it too.
import { complain, dress } from "./code.js";
import { forget, keep, kept } from "./draft.js";

let dirty = false;
let timer = 0;
const editors = new WeakMap();
const opened = new Set();
const theForm = () => document.getElementById("editor");

function changed() {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const form = theForm();
    if (!form) return;
    keep(form);
    send(form, { act: "show" }, "#changes");
  }, 600);
}

/** Posts the form as a button would, and swaps the answer's part in. */
function send(form, values, target) {
  if (!document.querySelector(target)) return;
  window.htmx.ajax("POST", form.getAttribute("action"), { source: form, target, swap: "outerHTML show:none", values });
}

function dressOpen(form) {
  for (const field of form.querySelectorAll("details[open] textarea[data-code]")) {
    if (!editors.has(field)) editors.set(field, dress(field, changed));
  }
}

function showError(form) {
  const { errorModule, errorLine, errorColumn, errorWords } = form.dataset;
  const field = errorModule && document.getElementById(`module-${errorModule}-text`);
  const editor = field && editors.get(field);
  if (editor) complain(editor, Number(errorLine), Number(errorColumn), errorWords);
}

/** Modules that were open stay open when the form comes back. */
function reopen(form) {
  for (const field of form.querySelectorAll("textarea[data-code]")) {
    if (opened.has(field.dataset.name)) field.closest("details").open = true;
  }
}

function start(form) {
  if (!form || form.dataset.started) return;
  form.dataset.started = "";
  reopen(form);
  dressOpen(form);
  showError(form);
  // Bubbles not: `toggle` is heard on its way down.
  form.addEventListener("toggle", () => dressOpen(form), true);
  form.addEventListener("input", changed);
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-show-on-change]")) send(form, { act: "show" }, "#editor");
    if (event.target.id === "upload" && event.target.files.length) form.querySelector("[data-add-files]").click();
  });
  acceptDrops(form);
  document.getElementById("refusal")?.focus();
}

function acceptDrops(form) {
  const place = form.querySelector("#drop");
  for (const name of ["dragover", "dragleave", "drop"]) {
    place.addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      place.classList.toggle("is-dropping", name === "dragover");
      if (name !== "drop") return;
      const upload = form.querySelector("#upload");
      upload.files = event.dataTransfer.files;
      dirty = true;
      form.querySelector("[data-add-files]").click();
    });
  }
}

function offerDraft(form) {
  const found = form && kept(form);
  const note = document.getElementById("draft");
  if (!found || !note) return;
  note.querySelector("[data-draft-when]").textContent = new Date(found.at).toLocaleString();
  note.hidden = false;
  note.addEventListener("click", (event) => {
    const what = event.target.closest("[data-draft]")?.dataset.draft;
    if (!what) return;
    note.hidden = true;
    if (what === "discard") return forget(form);
    // The server puts the form together again; what is live and newest now stays as it is.
    const current = new FormData(form);
    const values = Object.fromEntries(found.fields);
    for (const name of ["latest", "expected", "csrfmiddlewaretoken"]) values[name] = current.get(name);
    dirty = true;
    window.htmx.ajax("POST", form.getAttribute("action"), {
      target: "#editor", swap: "outerHTML show:none", values: { ...values, act: "show" },
    });
  });
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-to-error]")) return;
  const field = document.getElementById(`module-${theForm().dataset.errorModule}-text`);
  const editor = field && editors.get(field);
  if (!editor) return;
  event.preventDefault();
  editor.view.focus();
});
document.addEventListener("htmx:beforeRequest", (event) => {
  const button = event.detail.requestConfig?.triggeringEvent?.submitter;
  if (button?.hasAttribute("data-save")) theForm()?.classList.add("is-saving");
});
document.addEventListener("htmx:beforeSwap", () => {
  opened.clear();
  for (const field of document.querySelectorAll("#drop details[open] textarea[data-code]")) {
    opened.add(document.getElementsByName(field.name.replace("-text", "-name"))[0].value.trim());
  }
});
document.addEventListener("htmx:afterRequest", (event) => {
  theForm()?.classList.remove("is-saving");
  if (event.detail.xhr?.getResponseHeader("HX-Redirect")) {
    dirty = false;
    clearTimeout(timer);
    forget(theForm());
  }
});
document.addEventListener("htmx:load", () => start(theForm()));
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

offerDraft(theForm());
start(theForm());
