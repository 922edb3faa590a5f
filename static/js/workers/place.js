// @ts-check
const GAP = 6;
const MARGIN = 8;

/**
 * Puts a popover beside its button and inside the window, where CSS cannot anchor it.
 * @param {HTMLElement} popover
 * @param {Element} button
 * @param {"left" | "right"} edge which edges of the two are aligned
 */
export function placeBeside(popover, button, edge) {
  const box = button.getBoundingClientRect();
  const size = popover.getBoundingClientRect();
  const fitsBelow = box.bottom + GAP + size.height <= innerHeight;
  const isBelow = fitsBelow || box.top < size.height + GAP;
  const top = isBelow ? box.bottom + GAP : box.top - size.height - GAP;
  const left = edge === "right" ? box.right - size.width : box.left;
  const style = /** @type {CSSStyleDeclaration & { positionArea: string }} */ (popover.style);
  style.inset = "auto";
  style.margin = "0";
  style.positionArea = "none";
  style.top = `${within(top, innerHeight - size.height)}px`;
  style.left = `${within(left, innerWidth - size.width)}px`;
}

/** @param {number} position @param {number} room */
const within = (position, room) => Math.max(MARGIN, Math.min(position, room - MARGIN));
