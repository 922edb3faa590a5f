// @ts-check
// Compare: N goes to the next difference, Shift N to the previous one.
import { announce } from "../announce.js";
import { all, closest, first, isPlain } from "../dom.js";

/** Each list of lines begins with its first difference in sight. */
function showFirst() {
  for (const list of all(".compare-scroll")) {
    const difference = first("[data-difference]", list);
    if (difference) list.scrollTop = Math.max(0, difference.offsetTop - 100);
  }
}

/**
 * The index after `at` in a ring of `count`; -1 is before the first and after the last.
 * @param {number} at
 * @param {1 | -1} step
 * @param {number} count
 */
export function nextIndex(at, step, count) {
  return at < 0 && step < 0 ? count - 1 : (at + step + count) % count;
}

addEventListener("DOMContentLoaded", showFirst);
document.addEventListener("htmx:afterSettle", showFirst);
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "n" || !isPlain(event)) return;
  if (closest(event, "input:not([type=checkbox]), textarea, select")) return;
  const places = all("[data-difference]");
  if (!places.length) return;
  event.preventDefault();
  const at = places.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = nextIndex(at, event.shiftKey ? -1 : 1, places.length);
  places[next].closest("details")?.setAttribute("open", "");
  places[next].focus();
  places[next].scrollIntoView({ block: "center" });
  announce(`Difference ${next + 1} of ${places.length}`);
});
