// @ts-check
// Headers as rows of a table or as lines of text: both are always the same.
import { all, need } from "../dom.js";
import { inputOf } from "./fields.js";

/** @typedef {[name: string, value: string]} Header */

/**
 * @param {Header[]} headers
 */
export function linesOf(headers) {
  const filled = headers.filter(([name, value]) => name || value);
  return filled.map(([name, value]) => `${name}: ${value}`).join("\n");
}

/**
 * @param {string} text
 * @returns {Header[]}
 */
export function headersOf(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  return lines.map((line) => {
    const at = line.indexOf(":");
    return at < 0 ? [line.trim(), ""] : [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}

/** @param {Element} row */
const fieldsOf = (row) => /** @type {HTMLInputElement[]} */ ([...row.children]);

/** @param {HTMLFormElement} form @param {string} name */
const valuesOf = (form, name) =>
  all(`[name="${name}"]`, form).map((field) =>
    /** @type {HTMLInputElement} */ (field).value.trim(),
  );

/** @param {HTMLFormElement} form */
function tableToLines(form) {
  const values = valuesOf(form, "hv");
  const headers = valuesOf(form, "hn").map((name, i) => /** @type {Header} */ ([name, values[i]]));
  /** @type {HTMLInputElement} */ (inputOf(form, "headers")).value = linesOf(headers);
}

/** @param {HTMLFormElement} form */
function linesToTable(form) {
  const table = need("#header-table");
  const rows = [...table.children];
  const empty = /** @type {Element} */ (rows.pop());
  for (const row of rows) row.remove();
  for (const header of headersOf(inputOf(form, "headers")?.value ?? "")) {
    const row = /** @type {Element} */ (empty.cloneNode(true));
    fieldsOf(row).forEach((field, i) => {
      field.value = header[i] ?? "";
    });
    table.insertBefore(row, empty);
  }
  labelRows();
}

/** Labels the rows; the last one is always empty. */
function labelRows() {
  const table = need("#header-table");
  const last = table.lastElementChild;
  if (last && fieldsOf(last).some((field) => field.value)) {
    const row = /** @type {Element} */ (last.cloneNode(true));
    for (const field of fieldsOf(row)) field.value = "";
    table.append(row);
  }
  const rows = [...table.children];
  rows.forEach((row, i) => {
    const isNew = i === rows.length - 1;
    const label = isNew ? "New header" : `Header ${i + 1}`;
    const [name, value] = fieldsOf(row);
    name.setAttribute("aria-label", `${label} name`);
    value.setAttribute("aria-label", `${label} value`);
    name.placeholder = isNew ? "Add a header" : "";
  });
}

/** @param {HTMLFormElement} form */
export function startHeaders(form) {
  form.addEventListener(
    "change",
    (event) => {
      const field = /** @type {HTMLInputElement} */ (event.target);
      if (field.name !== "headers_as") return;
      if (field.value === "raw") tableToLines(form);
      else linesToTable(form);
    },
    true,
  );
  form.addEventListener("input", (event) => {
    const { name } = /** @type {HTMLInputElement} */ (event.target);
    if (name === "hn" || name === "hv") labelRows();
  });
}
