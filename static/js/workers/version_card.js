// @ts-check
// The card of a version: full id and absolute time, on hover and focus.
import { closest, need } from "../dom.js";
import { placeBeside } from "./place.js";

const DELAY_MS = 250;

const card = document.createElement("div");
card.className = "popover version-card";
card.popover = "manual";
card.setAttribute("aria-hidden", "true");
need("#main").append(card);
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

/** @param {HTMLElement} button */
function showCard(button) {
  const { card: word, tag, copy: id, when } = button.dataset;
  card.replaceChildren();
  addLine("card-word", word);
  addLine("tag", tag);
  addLine("card-id", id);
  addLine("meta", `Uploaded ${when}`);
  card.showPopover();
  placeBeside(card, button, "left");
}

/** @param {string} className @param {string | undefined} text */
function addLine(className, text) {
  if (!text) return;
  const line = document.createElement("span");
  line.className = className;
  line.textContent = text;
  card.append(line);
}

function hideCard() {
  clearTimeout(timer);
  if (card.matches(":popover-open")) card.hidePopover();
}

document.addEventListener("pointerover", (event) => {
  clearTimeout(timer);
  if (card.contains(/** @type {Node} */ (event.target))) return;
  const button = closest(event, "[data-card]");
  timer = setTimeout(button ? () => showCard(button) : hideCard, DELAY_MS);
});
document.addEventListener("focusin", (event) => {
  const button = closest(event, "[data-card]:focus-visible");
  if (button === event.target && button) showCard(button);
  else hideCard();
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") hideCard();
});
addEventListener("scroll", hideCard, { passive: true });
