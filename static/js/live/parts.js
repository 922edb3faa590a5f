// @ts-check
// Swaps newer parts into the page. What is in use waits, and is swapped once it is left.
import { byId } from "../dom.js";
import { morph } from "./morph.js";
import { say, sayRarely, sentencesOf } from "./news.js";
import { live, setMarks } from "./state.js";

/**
 * Swaps one part in, announces its news, and marks it while something newer waits.
 * @param {HTMLElement} old
 * @param {Element} fresh
 * @param {boolean} [own]
 */
export function apply(old, fresh, own = false) {
  const [news, bad] = [sentencesOf(old, "said"), sentencesOf(old, "unsaid")];
  const isDone = morph(old, /** @type {Element} */ (fresh.cloneNode(true)), own);
  if (isDone) live.later.delete(old.id);
  else live.later.set(old.id, [fresh, own]);
  old.classList.toggle("has-newer", !isDone);
  if (live.stale) setMarks("Last known");
  const stillBad = sentencesOf(old, "unsaid");
  for (const [sentence, element] of sentencesOf(old, "said")) {
    if (!news.has(sentence)) (element.dataset.unsaid ? sayRarely : say)(sentence);
  }
  for (const sentence of bad.keys()) if (!stillBad.has(sentence)) sayRarely(sentence);
}

/** Swaps in what waited for the focus, a popover or a selection. */
function catchUp() {
  setTimeout(() => {
    for (const [id, [fresh, own]] of [...live.later]) {
      const old = byId(id);
      if (old) apply(old, fresh, own);
      else live.later.delete(id);
    }
  }, 50);
}

export function startCatchingUp() {
  document.addEventListener("focusout", catchUp);
  document.addEventListener("toggle", catchUp, true);
  document.addEventListener("selectionchange", () => {
    if (live.later.size && getSelection()?.isCollapsed) catchUp();
  });
}
