// @ts-check
// A readout beside the bucket under the pointer, or the one that arrow keys reached.
import { all, closest, first, need } from "./dom.js";

/** @param {HTMLElement} plot */
const columnsOf = (plot) => all("[data-column]", plot);

/**
 * Shows a bucket's values beside it, or nothing.
 * @param {HTMLElement} plot
 * @param {HTMLElement | null | undefined} column
 */
function showReadout(plot, column) {
  first(".is-read", plot)?.classList.remove("is-read");
  const readout = need("[data-readout]", plot);
  readout.hidden = !column;
  if (!column) return;
  column.classList.add("is-read");
  first("title", column)?.remove(); // the browser's own tip would come second
  const text = column.dataset.column ?? "";
  readout.textContent = text;
  plot.setAttribute("aria-valuenow", String(columnsOf(plot).indexOf(column) + 1));
  plot.setAttribute("aria-valuetext", text);
  const room = plot.clientWidth - readout.offsetWidth;
  const middle = column.getBoundingClientRect().left - plot.getBoundingClientRect().left;
  readout.style.left = `${Math.max(0, Math.min(room, middle - readout.offsetWidth / 2))}px`;
}

/** A plot that has buckets can be focused, and arrow keys move through them. */
function prepare() {
  for (const plot of all("[data-plot]:not([role])")) {
    const columns = columnsOf(plot);
    const last = columns.at(-1);
    if (!last) continue;
    plot.tabIndex = 0;
    plot.setAttribute("role", "slider");
    plot.setAttribute("aria-label", `${plot.dataset.says}: values`);
    plot.setAttribute("aria-valuemin", "1");
    plot.setAttribute("aria-valuemax", String(columns.length));
    plot.setAttribute("aria-valuenow", String(columns.length));
    plot.setAttribute("aria-valuetext", last.dataset.column ?? "");
  }
}

/** The plot that is the event's target itself. @param {Event} event */
const targetPlot = (event) => {
  const plot = closest(event, "[data-plot]");
  return plot === event.target ? plot : null;
};

document.addEventListener("pointerover", (event) => {
  const plot = closest(event, "[data-plot]");
  if (plot) showReadout(plot, closest(event, "[data-column]"));
});
document.addEventListener("pointerout", (event) => {
  const plot = closest(event, "[data-plot]");
  const stays = plot?.contains(/** @type {Node | null} */ (event.relatedTarget));
  if (plot && !stays && plot !== document.activeElement) showReadout(plot, null);
});
document.addEventListener("focusin", (event) => {
  const plot = targetPlot(event);
  if (plot) showReadout(plot, columnsOf(plot).at(-1));
});
document.addEventListener("focusout", (event) => {
  const plot = targetPlot(event);
  if (plot) showReadout(plot, null);
});
document.addEventListener("keydown", (event) => {
  const plot = targetPlot(event);
  if (!plot) return;
  const columns = columnsOf(plot);
  const last = columns.length - 1;
  const at = columns.findIndex((column) => column.classList.contains("is-read"));
  const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: last, Escape: at }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  showReadout(plot, event.key === "Escape" ? null : columns[Math.max(0, Math.min(last, to))]);
});
document.addEventListener("htmx:afterSettle", prepare);
document.addEventListener("live:updated", prepare);
prepare();
