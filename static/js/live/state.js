// @ts-check
// What the live page remembers about its connection and about each part.

/** [revision, microseconds] of when the server read a part. @typedef {[number, number]} Sequence */

/**
 * @typedef {object} LiveState
 * @property {WebSocket | null} socket
 * @property {number} heardAt when the last message arrived
 * @property {boolean} stale whether the page shows that it is not live
 * @property {number} tries connections that failed since the last one that opened
 * @property {number} nextAt when to connect again
 * @property {number} polledAt
 * @property {Date} seenAt how old a stale page is
 * @property {number} revision the newest deployment on the page
 * @property {Map<string, Sequence>} sequences by id of a part, "page" for the whole page
 * @property {Map<string, [fresh: Element, own: boolean]>} later newer parts that wait, by id
 */

/** @type {LiveState} */
export const live = {
  socket: null,
  heardAt: Date.now(),
  stale: false,
  tries: 0,
  nextAt: 0,
  polledAt: 0,
  seenAt: new Date(),
  revision: Infinity,
  sequences: new Map(),
  later: new Map(),
};

/**
 * Whether `a` was read before `b`.
 * @param {Sequence} a
 * @param {Sequence} b
 */
export function isOlder(a, b) {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/**
 * When the server read a page.
 * @param {ParentNode} page
 * @returns {Sequence | undefined}
 */
export function sequenceOf(page) {
  const element = /** @type {HTMLElement | null} */ (page.querySelector("[data-sequence]"));
  const [revision, microseconds] = (element?.dataset.sequence ?? "").split(" ").map(Number);
  return element ? [revision, microseconds] : undefined;
}

/**
 * Accepts a part unless a newer one is on the page already.
 * @param {string} id
 * @param {Sequence} sequence
 */
export function accept(id, sequence) {
  const last = live.sequences.get(id) ?? live.sequences.get("page");
  if (last && isOlder(sequence, last)) return false;
  live.sequences.set(id, sequence);
  return true;
}

/** The word of every LIVE mark. @param {string} word */
export function setMarks(word) {
  for (const mark of document.querySelectorAll(".live")) mark.textContent = word;
}
