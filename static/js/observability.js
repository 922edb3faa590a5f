// The charts renew themselves every five seconds, but never under somebody's hands; and they say what
// the bucket under the pointer holds, or the one that arrow keys reached.
"use strict";


/** Tables that were opened stay open; what is focused, selected or out of sight is left alone. */
function busy(part) {
  const selection = getSelection();
  const selected = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return document.hidden || selected || part.contains(document.activeElement);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.matches?.("[data-renews]") && busy(event.target)) event.preventDefault();
});

let open = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (!part.matches?.("[data-renews]")) return;
  if (busy(part)) {
    event.detail.shouldSwap = false;
    return;
  }
  open = [...part.querySelectorAll("details[open]")].map((d) => ({
    id: d.id,
    top: d.querySelector(".behind-rows")?.scrollTop ?? 0,
  }));
});
document.addEventListener("htmx:afterSettle", () => {
  for (const { id, top } of open) {
    const details = document.getElementById(id);
    if (!details) continue;
    details.open = true;
    const rows = details.querySelector(".behind-rows");
    if (rows) rows.scrollTop = top;
  }
  open = [];
});

/** Shows what a bucket says, beside it; nothing without one. */
function read(plot, column) {
  plot.querySelector(".is-read")?.classList.remove("is-read");
  const readout = plot.querySelector("[data-readout]");
  readout.hidden = !column;
  if (!column) return;
  column.classList.add("is-read");
  column.querySelector("title")?.remove(); // the browser's own tip would come second
  readout.textContent = column.dataset.column;
  const columns = [...plot.querySelectorAll("[data-column]")];
  plot.setAttribute("aria-valuenow", columns.indexOf(column) + 1);
  plot.setAttribute("aria-valuetext", column.dataset.column);
  const room = plot.clientWidth - readout.offsetWidth;
  const middle = column.getBoundingClientRect().left - plot.getBoundingClientRect().left;
  readout.style.left = `${Math.max(0, Math.min(room, middle - readout.offsetWidth / 2))}px`;
}

/** A plot that has buckets can be focused, and arrow keys go through them. */
function prepare() {
  for (const plot of document.querySelectorAll("[data-plot]:not([role])")) {
    const columns = [...plot.querySelectorAll("[data-column]")];
    if (!columns.length) continue;
    plot.tabIndex = 0;
    plot.setAttribute("role", "slider");
    plot.setAttribute("aria-label", `${plot.dataset.says}: values`);
    plot.setAttribute("aria-valuemin", 1);
    plot.setAttribute("aria-valuemax", columns.length);
    plot.setAttribute("aria-valuenow", columns.length);
    plot.setAttribute("aria-valuetext", columns.at(-1).dataset.column);
  }
}

document.addEventListener("pointerover", (event) => {
  const plot = event.target.closest?.("[data-plot]");
  if (plot) read(plot, event.target.closest("[data-column]"));
});
document.addEventListener("pointerout", (event) => {
  const plot = event.target.closest?.("[data-plot]");
  const stays = plot?.contains(event.relatedTarget) || plot === document.activeElement;
  if (plot && !stays) read(plot, null);
});
document.addEventListener("focusin", (event) => {
  const plot = event.target;
  if (plot.matches?.("[data-plot]")) read(plot, [...plot.querySelectorAll("[data-column]")].at(-1));
});
document.addEventListener("focusout", (event) => {
  if (event.target.matches?.("[data-plot]")) read(event.target, null);
});
document.addEventListener("keydown", (event) => {
  const plot = event.target;
  if (!plot.matches?.("[data-plot]")) return;
  const columns = [...plot.querySelectorAll("[data-column]")];
  const last = columns.length - 1;
  const at = columns.indexOf(plot.querySelector(".is-read"));
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last, Escape: at }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  read(plot, event.key === "Escape" ? null : columns[Math.max(0, Math.min(last, to))]);
});
document.addEventListener("htmx:afterSettle", prepare);
document.addEventListener("live:shown", prepare);
prepare();
