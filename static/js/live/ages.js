// @ts-check
// Relative times grow older on a page that is open all day; absolute ones stay.
import { isInUse } from "./morph.js";

const EVERY_MS = 5000;
let updatedAt = 0;

/** @type {[seconds: number, unit: string][]} */
const UNITS = [
  [86400, "d"],
  [3600, "h"],
  [60, "min"],
  [1, "s"],
];

/** @param {number} seconds */
export function ageInWords(seconds) {
  const unit = UNITS.find(([size]) => seconds >= size);
  return unit ? `${Math.floor(seconds / unit[0])} ${unit[1]} ago` : "just now";
}

/** @param {boolean} [now] at once, even if the last time was a moment ago */
export function updateAges(now = false) {
  if (!now && Date.now() - updatedAt < EVERY_MS) return;
  updatedAt = Date.now();
  /** @type {NodeListOf<HTMLTimeElement>} */
  const times = document.querySelectorAll("main time[datetime], dialog time[datetime]");
  for (const time of times) {
    if (!/( ago|just now)$/.test((time.textContent ?? "").trim())) continue;
    const words = ageInWords(Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000));
    const line = time.closest("[data-redraw]") ?? time;
    if (time.textContent === words || isInUse(line)) continue;
    time.textContent = words;
    if (line !== time) line.replaceWith(line.cloneNode(true));
  }
}
