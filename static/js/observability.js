// @ts-check
// The charts refresh every five seconds, but never under a person's hands.
import "./charts.js";
import { all, byId, first } from "./dom.js";

const REFRESHED = "[data-renews]";

/** What is focused, selected or out of sight is left alone. @param {HTMLElement} part */
function isInUse(part) {
  const selection = getSelection();
  const isSelected = selection && !selection.isCollapsed && part.contains(selection.anchorNode);
  return document.hidden || isSelected || part.contains(document.activeElement);
}

document.addEventListener("htmx:beforeRequest", (event) => {
  const { target } = event;
  if (!(target instanceof HTMLElement) || !target.matches(REFRESHED)) return;
  if (isInUse(target)) event.preventDefault();
});

/** Tables that were open, and how far they were scrolled: they stay so. */
/** @type {{ id: string, top: number }[]} */
let open = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target;
  if (!part.matches?.(REFRESHED)) return;
  if (isInUse(part)) {
    event.detail.shouldSwap = false;
    return;
  }
  open = all("details[open]", part).map((details) => ({
    id: details.id,
    top: first(".behind-rows", details)?.scrollTop ?? 0,
  }));
});
document.addEventListener("htmx:afterSettle", () => {
  for (const { id, top } of open) {
    const details = byId(id);
    if (!(details instanceof HTMLDetailsElement)) continue;
    details.open = true;
    const rows = first(".behind-rows", details);
    if (rows) rows.scrollTop = top;
  }
  open = [];
});
