// The editor's page: code editors over the textareas, live changes, drafts, dropped files.
// Everything it does, the form does without it too.
import { forget, keep, kept } from "./draft.js";

let dirty = false;
let timer = 0;
let code = null; // code.js with all of CodeMirror: loaded when a module is open
const editors = new WeakMap();
const opened = new Set();
const states = new Map(); // by module name: what editors remember while the form is swapped
let writing = ""; // the module whose editor has the focus meanwhile
const theForm = () => document.getElementById("editor");

/** Something is not saved: said before the page is left, and kept in this browser. */
function touched() {
  dirty = true;
  const form = theForm();
  if (form) keep(form);
}

function changed() {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const form = theForm();
    if (!form) return;
    keep(form);
    if (document.getElementById("changes")) show(form, "#changes");
  }, 600);
}

/** Posts the form as the button would. Its source is the part, so that no button waits for it. */
function show(form, target) {
  const values = { act: "show" };
  const asked = window.htmx.ajax("POST", form.getAttribute("action"), { source: target, target, swap: "outerHTML show:none", values });
  asked?.catch(() => {}); // page.js says what went wrong
}

async function dressOpen(form) {
  const fields = () => form.querySelectorAll("details[open] textarea[data-code]");
  if (!fields().length) return;
  if (!code) code = await import(form.dataset.codeEditor); // afterwards at once: nothing flickers
  if (!form.isConnected) return; // replaced while it loaded
  for (const field of fields()) {
    if (editors.has(field)) continue;
    const { name } = field.dataset;
    const typing = document.activeElement === field;
    editors.set(field, code.dress(field, changed, states.get(name)));
    if (typing || (name && name === writing)) editors.get(field).view.focus();
  }
  writing = "";
}

function showError(form) {
  const { errorModule, errorLine, errorColumn, errorWords } = form.dataset;
  const field = errorModule && document.getElementById(`module-${errorModule}-text`);
  const editor = field && editors.get(field);
  if (editor) code.complain(editor, Number(errorLine), Number(errorColumn), errorWords);
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
  dressOpen(form).then(() => showError(form));
  // Bubbles not: `toggle` is heard on its way down.
  form.addEventListener("toggle", () => dressOpen(form), true);
  form.addEventListener("input", changed);
  form.addEventListener("submit", submitting, true);
  form.addEventListener("change", (event) => {
    if (event.target.matches("[data-show-on-change]")) show(form, "#editor");
    if (event.target.id === "upload" && event.target.files.length) form.querySelector("[data-add-files]").click();
  });
  acceptDrops(form);
  document.getElementById("refusal")?.focus();
}

/** A button comes before the live diff, and a version is saved once however often one clicks. */
function submitting(event) {
  const form = event.currentTarget;
  clearTimeout(timer);
  const changes = document.getElementById("changes");
  if (changes) window.htmx.trigger(changes, "htmx:abort");
  if (!event.submitter?.hasAttribute("data-save")) return;
  if (form.classList.contains("is-saving")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  form.classList.add("is-saving");
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
      upload.files = filesOf(event.dataTransfer);
      if (!upload.files.length) return announce("Nothing added: drop files, not folders.");
      form.querySelector("[data-add-files]").click();
    });
  }
}

/** Folders cannot be sent, and would make the browser refuse the whole form. */
function filesOf(dropped) {
  const wanted = new DataTransfer();
  for (const item of dropped.items) {
    if (item.kind === "file" && !item.webkitGetAsEntry?.()?.isDirectory) wanted.items.add(item.getAsFile());
  }
  return wanted.files;
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
  editor.box.scrollIntoView({ block: "center" });
  editor.view.focus();
});
/** The form is about to be replaced: what is open, and what each editor remembers. */
function remember(form) {
  opened.clear();
  states.clear();
  for (const field of form.querySelectorAll("textarea[data-code]")) {
    const name = document.getElementsByName(field.name.replace("-text", "-name"))[0].value.trim();
    if (field.closest("details").open) opened.add(name);
    const editor = editors.get(field);
    if (!editor) continue;
    states.set(name, code.kept(editor));
    if (document.activeElement === editor.box) writing = name;
  }
}

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target === theForm()) remember(theForm());
});
document.addEventListener("htmx:afterSwap", (event) => {
  // Modules or bindings came or went: that is not saved either.
  const { requestConfig, target } = event.detail;
  if (target.id === "editor" && (dirty || requestConfig.formData.get("act") !== "show")) touched();
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  // Saved, and about to leave: the browser asks about what is not saved as soon as htmx goes on.
  if (!event.detail.xhr.getResponseHeader("HX-Redirect")) return;
  dirty = false;
  clearTimeout(timer);
  forget(theForm());
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target === theForm()) theForm().classList.remove("is-saving");
});
document.addEventListener("htmx:load", () => start(theForm()));
addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

offerDraft(theForm());
start(theForm());
