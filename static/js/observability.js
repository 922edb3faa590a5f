// The charts renew themselves every five seconds, but never under somebody's hands.
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
