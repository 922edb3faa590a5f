// @ts-check
// Sentences that screen readers hear when a part appears (`said`) or goes away (`unsaid`).
import { announce } from "../announce.js";
import { all } from "../dom.js";

/**
 * A part's sentences and the elements that have them.
 * @param {HTMLElement} part
 * @param {"said" | "unsaid"} kind
 */
export function sentencesOf(part, kind) {
  const elements = [part, ...all(`[data-${kind}]`, part)].filter(
    (element) => element.dataset[kind],
  );
  return new Map(elements.map((element) => [element.dataset[kind] ?? "", element]));
}

/** A process that crashes again and again is not news each time. */
const RARELY_MS = 15_000;
/** @type {Map<string, number>} */
const spokenAt = new Map();

/** @param {string} sentence */
export function sayRarely(sentence) {
  const last = spokenAt.get(sentence) ?? 0;
  if (Date.now() - last < RARELY_MS) return;
  spokenAt.set(sentence, Date.now());
  say(sentence);
}

/** @type {Set<string>} */
const queue = new Set();

/**
 * Sentences of the same moment are announced together, each once.
 * @param {string} sentence
 */
export function say(sentence) {
  if (!queue.size) setTimeout(flush, 200);
  queue.add(sentence);
}

function flush() {
  announce([...queue].join(" "));
  queue.clear();
}
