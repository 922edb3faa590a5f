// Compare: N goes to the next difference, Shift N to the one before.
"use strict";

/** Each list of lines begins with its first difference in sight. */
function showFirst(root) {
  for (const list of root.querySelectorAll(".compare-scroll")) {
    const first = list.querySelector("[data-difference]");
    if (first) list.scrollTop = Math.max(0, first.offsetTop - 100);
  }
}

addEventListener("DOMContentLoaded", () => showFirst(document));
document.addEventListener("htmx:afterSettle", () => showFirst(document));
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "n" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select")) return;
  const places = [...document.querySelectorAll("[data-difference]")];
  if (!places.length) return;
  event.preventDefault();
  const at = places.indexOf(document.activeElement);
  const step = event.shiftKey ? -1 : 1;
  const next = at < 0 && step < 0 ? places.length - 1 : (at + step + places.length) % places.length;
  places[next].closest("details")?.setAttribute("open", "");
  places[next].focus();
  places[next].scrollIntoView({ block: "center" });
  announce(`Difference ${next + 1} of ${places.length}`);
});
