// @ts-check
// The editor's page: code editors over the textareas, live changes, drafts, dropped files.
// Everything it does, the form does without it too.
import { byId, closest, need } from "../dom.js";
import { deleteDraft, storeDraft, storedDraft } from "./draft.js";
import { acceptDrops } from "./drop.js";
import { addEditors, editorWithError, remember, reopen, showError } from "./modules.js";

const SWAP = "outerHTML show:none";
const SHOW_DELAY_MS = 600;

let isDirty = false;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @returns {HTMLFormElement | null} */
const theForm = () => /** @type {HTMLFormElement | null} */ (byId("editor"));

/** Something is not saved: the browser asks before the page is left, and a draft is stored. */
function markDirty() {
  isDirty = true;
  const form = theForm();
  if (form) storeDraft(form);
}

function onChange() {
  isDirty = true;
  clearTimeout(timer);
  timer = setTimeout(() => {
    const form = theForm();
    if (!form) return;
    storeDraft(form);
    if (byId("changes")) show(form, "#changes");
  }, SHOW_DELAY_MS);
}

/**
 * Posts the form as the button would. The source is the part, so that no button waits for it.
 * @param {HTMLFormElement} form
 * @param {string} target
 */
function show(form, target) {
  const options = { source: target, target, swap: SWAP, values: { act: "show" } };
  const sent = window.htmx?.ajax("POST", form.getAttribute("action") ?? "", options);
  sent?.catch(() => {}); // failures.js shows what went wrong
}

/** @param {HTMLFormElement | null} form */
function start(form) {
  if (!form || form.dataset.started !== undefined) return;
  form.dataset.started = "";
  reopen(form);
  addEditors(form, onChange).then(() => showError(form));
  // `toggle` does not bubble: listen on its way down.
  form.addEventListener("toggle", () => addEditors(form, onChange), true);
  form.addEventListener("input", onChange);
  form.addEventListener("submit", (event) => onSubmit(form, event), true);
  form.addEventListener("change", (event) => {
    const field = /** @type {HTMLInputElement} */ (event.target);
    if (field.matches("[data-show-on-change]")) show(form, "#editor");
    if (field.id === "upload" && field.files?.length) need("[data-add-files]", form).click();
  });
  acceptDrops(form);
  byId("refusal")?.focus();
}

/**
 * A button comes before the live diff, and a version is saved once however often it is clicked.
 * @param {HTMLFormElement} form
 * @param {SubmitEvent} event
 */
function onSubmit(form, event) {
  clearTimeout(timer);
  const changes = byId("changes");
  if (changes) window.htmx?.trigger(changes, "htmx:abort");
  if (!event.submitter?.hasAttribute("data-save")) return;
  if (form.classList.contains("is-saving")) {
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  form.classList.add("is-saving");
}

/** @param {HTMLFormElement | null} form */
function offerDraft(form) {
  const draft = form && storedDraft(form);
  const note = byId("draft");
  if (!draft || !note) return;
  need("[data-draft-when]", note).textContent = new Date(draft.at).toLocaleString();
  note.hidden = false;
  note.addEventListener("click", (event) => {
    const choice = closest(event, "[data-draft]")?.dataset.draft;
    if (!choice) return;
    note.hidden = true;
    if (choice === "discard") deleteDraft(form);
    else restore(form, draft);
  });
}

/**
 * The server puts the form together again; what is live and newest now stays as it is.
 * @param {HTMLFormElement} form
 * @param {import("./draft.js").Draft} draft
 */
function restore(form, draft) {
  const current = new FormData(form);
  /** @type {Record<string, unknown>} */
  const values = Object.fromEntries(draft.fields);
  for (const name of ["latest", "expected", "csrfmiddlewaretoken"])
    values[name] = current.get(name);
  isDirty = true;
  const options = { target: "#editor", swap: SWAP, values: { ...values, act: "show" } };
  window.htmx?.ajax("POST", form.getAttribute("action") ?? "", options);
}

document.addEventListener("click", (event) => {
  const form = theForm();
  const editor = closest(event, "[data-to-error]") && form && editorWithError(form);
  if (!editor) return;
  event.preventDefault();
  editor.box.scrollIntoView({ block: "center" });
  editor.view.focus();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const form = theForm();
  if (form && event.detail.target === form) remember(form);
});
document.addEventListener("htmx:afterSwap", (event) => {
  // Modules or bindings were added or removed: that is not saved either.
  const { requestConfig, target } = event.detail;
  const isEdit = isDirty || requestConfig.formData.get("act") !== "show";
  if (target.id === "editor" && isEdit) markDirty();
});
document.addEventListener("htmx:beforeOnLoad", (event) => {
  // Saved, and about to leave: the browser would ask about unsaved changes as soon as htmx does.
  if (!event.detail.xhr.getResponseHeader("HX-Redirect")) return;
  isDirty = false;
  clearTimeout(timer);
  const form = theForm();
  if (form) deleteDraft(form);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = theForm();
  if (form && event.target === form) form.classList.remove("is-saving");
});
document.addEventListener("htmx:load", () => start(theForm()));
addEventListener("beforeunload", (event) => {
  if (isDirty) event.preventDefault();
});

offerDraft(theForm());
start(theForm());
