// One mark per request: arrow keys go from mark to mark and say what each one was.
"use strict";

/** Puts the cursor on a request and says its row of the table. */
function showMark(grid, index) {
  const row = document.querySelectorAll("#every-request tbody tr")[index];
  const cursor = grid.querySelector(".many-cursor");
  if (!row) return;
  const columns = Number(grid.dataset.grid);
  cursor.setAttribute("x", (index % columns) * 24);
  cursor.setAttribute("y", Math.floor(index / columns) * 24);
  cursor.setAttribute("visibility", "visible");
  grid.dataset.at = index;
  const [number, version, status, time] = [...row.cells].map((cell) => cell.textContent);
  document.querySelector("[data-said-mark]").textContent =
    `Request ${number}: ${version}, ${status}, ${time}`;
}

document.addEventListener("keydown", (event) => {
  const grid = event.target.closest?.("[data-grid]");
  if (!grid) return;
  const columns = Number(grid.dataset.grid);
  const last = document.querySelectorAll("#every-request tbody tr").length - 1;
  const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
  const at = grid.dataset.at === undefined ? -1 : Number(grid.dataset.at);
  let next;
  if (event.key in steps) next = at < 0 ? 0 : at + steps[event.key];
  else if (event.key === "Home") next = 0;
  else if (event.key === "End") next = last;
  else return;
  event.preventDefault();
  if (next >= 0 && next <= last) showMark(grid, next);
});

document.addEventListener("click", (event) => {
  const grid = event.target.closest?.("[data-grid]");
  if (!grid) return;
  const box = grid.querySelector("svg").getBoundingClientRect();
  const columns = Number(grid.dataset.grid);
  const size = box.width / columns;
  const column = Math.min(columns - 1, Math.max(0, Math.floor((event.clientX - box.left) / size)));
  showMark(grid, Math.floor((event.clientY - box.top) / size) * columns + column);
});
