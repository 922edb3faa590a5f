// @ts-check
// Code editors over the textareas of open modules, which survive that the form is replaced.
import { all, byId } from "../dom.js";

/** @typedef {typeof import("./code.js")} Code */
/** @typedef {ReturnType<Code["addEditor"]>} Editor */
/** @typedef {ReturnType<Code["snapshot"]>} Snapshot */

/** @type {Code | null} */
let code = null; // CodeMirror: loaded when a module is open
/** @type {WeakMap<HTMLTextAreaElement, Editor>} */
const editors = new WeakMap();
/** @type {Set<string>} */
const open = new Set(); // names of modules, while the form is replaced
/** @type {Map<string, Snapshot>} */
const snapshots = new Map();
let focused = ""; // the module whose editor has the focus meanwhile

/** @param {ParentNode} form @param {string} selector */
const fieldsOf = (form, selector) => /** @type {HTMLTextAreaElement[]} */ (all(selector, form));

/**
 * Puts editors over the open modules that have none; `onChange` runs after every edit.
 * @param {HTMLFormElement} form
 * @param {() => void} onChange
 */
export async function addEditors(form, onChange) {
  const fields = () => fieldsOf(form, "details[open] textarea[data-code]");
  if (!fields().length) return;
  // Only the first time does it take a moment: nothing flickers when the form is replaced.
  code ??= /** @type {Code} */ (await import(form.dataset.codeEditor ?? ""));
  if (!form.isConnected) return; // replaced while it loaded
  for (const field of fields()) {
    if (editors.has(field)) continue;
    const name = field.dataset.name ?? "";
    const isTyping = document.activeElement === field;
    const editor = code.addEditor(field, onChange, snapshots.get(name));
    editors.set(field, editor);
    if (isTyping || (name && name === focused)) editor.view.focus();
  }
  focused = "";
}

/** The editor of the module that the runtime refused. @param {HTMLFormElement} form */
export function editorWithError(form) {
  const { errorModule } = form.dataset;
  const field = errorModule ? byId(`module-${errorModule}-text`) : null;
  return field instanceof HTMLTextAreaElement ? editors.get(field) : undefined;
}

/** @param {HTMLFormElement} form */
export function showError(form) {
  const { errorLine, errorColumn, errorWords = "" } = form.dataset;
  const editor = editorWithError(form);
  if (editor) code?.markError(editor, Number(errorLine), Number(errorColumn), errorWords);
}

/** Modules that were open stay open when the form comes back. @param {HTMLFormElement} form */
export function reopen(form) {
  for (const field of fieldsOf(form, "textarea[data-code]")) {
    const details = field.closest("details");
    if (details && open.has(field.dataset.name ?? "")) details.open = true;
  }
}

/**
 * Before the form is replaced: which modules are open, and the text, selection and undo of each.
 * @param {HTMLFormElement} form
 */
export function remember(form) {
  open.clear();
  snapshots.clear();
  for (const field of fieldsOf(form, "textarea[data-code]")) {
    const [nameField] = document.getElementsByName(field.name.replace("-text", "-name"));
    const isNamed = nameField instanceof HTMLInputElement; // else names stay as they are
    const name = isNamed ? nameField.value.trim() : (field.dataset.name ?? "");
    if (field.closest("details")?.open) open.add(name);
    const editor = editors.get(field);
    if (!editor || !code) continue;
    snapshots.set(name, code.snapshot(editor));
    if (document.activeElement === editor.box) focused = name;
  }
}
