// @ts-check
// One mark per request: arrow keys move from mark to mark and show the row of each.
import { closest, need } from "../dom.js";

const MARK = 24; // in the drawing's own units

/** @returns {NodeListOf<HTMLTableRowElement>} */
const rows = () => document.querySelectorAll("#every-request tbody tr");

/**
 * Puts the cursor on a request and shows its row of the table.
 * @param {HTMLElement} grid
 * @param {number} index
 */
function showMark(grid, index) {
  const row = rows()[index];
  const cursor = need(".many-cursor", grid);
  if (!row) return;
  const columns = Number(grid.dataset.grid);
  cursor.setAttribute("x", String((index % columns) * MARK));
  cursor.setAttribute("y", String(Math.floor(index / columns) * MARK));
  cursor.setAttribute("visibility", "visible");
  grid.dataset.at = String(index);
  const [number, version, status, time] = [...row.cells].map((cell) => cell.textContent);
  const text = `Request ${number}: ${version}, ${status}, ${time}`;
  need("[data-said-mark]").textContent = text;
}

/**
 * The mark a key goes to; undefined for keys that do nothing here.
 * @param {string} key
 * @param {number} at -1 before the first
 * @param {number} columns
 * @param {number} last
 */
export function markAfter(key, at, columns, last) {
  if (key === "Home") return 0;
  if (key === "End") return last;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[key];
  if (step === undefined) return undefined;
  return at < 0 ? 0 : at + step;
}

document.addEventListener("keydown", (event) => {
  const grid = closest(event, "[data-grid]");
  if (!grid) return;
  const last = rows().length - 1;
  const at = Number(grid.dataset.at ?? -1);
  const next = markAfter(event.key, at, Number(grid.dataset.grid), last);
  if (next === undefined) return;
  event.preventDefault();
  if (next >= 0 && next <= last) showMark(grid, next);
});

document.addEventListener("click", (event) => {
  const grid = closest(event, "[data-grid]");
  if (!grid) return;
  const box = need("svg", grid).getBoundingClientRect();
  const columns = Number(grid.dataset.grid);
  const size = box.width / columns;
  const column = Math.min(columns - 1, Math.max(0, Math.floor((event.clientX - box.left) / size)));
  showMark(grid, Math.floor((event.clientY - box.top) / size) * columns + column);
});
