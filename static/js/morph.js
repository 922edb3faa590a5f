// Parts of a page are made like newer ones, node by node. live.js, which this belongs to, keeps in
// `live.later` what had to wait.
"use strict";

/* Morphing: what holds focus, a selection or an open popover stays as it is. */

function holds(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return false;
  const focused = document.activeElement;
  if (focused && focused !== document.body && node.contains(focused)) return true;
  if (node.matches(":popover-open, dialog[open]")) return true;
  if (node.querySelector(":popover-open, dialog[open]")) return true;
  const selection = getSelection();
  return Boolean(selection && !selection.isCollapsed && node.contains(selection.anchorNode));
}

/** Whether the node itself, not something deeper, is what must not change under somebody's hands. */
function pinned(node) {
  if (node === document.activeElement || node.matches(":popover-open, dialog[open]")) return true;
  const selection = getSelection();
  if (!selection || selection.isCollapsed) return false;
  const around = selection.getRangeAt(0).commonAncestorContainer;
  return node === (around.nodeType === Node.TEXT_NODE ? around.parentNode : around);
}

function attributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !name.startsWith("aria-expanded")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

/** The child of `old` that is the same thing as `fresh`: by id, else the next of its kind. */
function counterpart(fresh, from, parent) {
  if (fresh.id) {
    const found = document.getElementById(fresh.id);
    return found?.parentNode === parent ? found : null;
  }
  for (let node = from; node; node = node.nextSibling) {
    if (node.nodeName === fresh.nodeName && !node.id) return node;
    if (node.nodeType === Node.ELEMENT_NODE && node.id) break;
  }
  return null;
}

/** Words that change are put in anew, and a line of them whole: none of its pieces moves. */
function drawnAnew(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) return true;
  return (old.hasAttribute("data-redraw") || fresh.hasAttribute("data-redraw")) && !holds(old);
}

/** Makes `old` like `fresh`, keeping its nodes; false if something had to wait. */
function morph(old, fresh, own = false) {
  if (old.isEqualNode(fresh)) return true;
  if (old.nodeType === Node.ELEMENT_NODE && old.hasAttribute("data-own") && !own) return true;
  if (drawnAnew(old, fresh)) {
    old.replaceWith(fresh);
    return true;
  }
  if (pinned(old) || (old.hasAttribute("data-whole") && holds(old))) return false; // no mixture of two
  attributes(old, fresh);
  let done = true;
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const match = counterpart(child, place, old);
    if (!match) {
      old.insertBefore(child, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    done = morph(match, child, own) && done;
  }
  while (place) {
    const next = place.nextSibling;
    if (holds(place)) done = false;
    else place.remove();
    place = next;
  }
  return done;
}

/** Swaps one part in; says what it has to say; marks it when newer things had to wait. */
function apply(old, fresh, own = false) {
  const [news, bad] = [sayings(old, "said"), sayings(old, "unsaid")];
  const done = morph(old, fresh.cloneNode(true), own);
  if (done) live.later.delete(old.id);
  else live.later.set(old.id, [fresh, own]);
  old.classList.toggle("has-newer", !done);
  if (live.stale) marks("Last known");
  const stillBad = sayings(old, "unsaid");
  for (const [sentence, element] of sayings(old, "said")) {
    if (!news.has(sentence)) (element.dataset.unsaid ? sayRarely : say)(sentence);
  }
  for (const sentence of bad.keys()) if (!stillBad.has(sentence)) sayRarely(sentence);
}

/** What a part says when it appears (`said`), and when it is gone (`unsaid`). */
function sayings(part, kind) {
  const all = [part, ...part.querySelectorAll(`[data-${kind}]`)].filter((e) => e.dataset[kind]);
  return new Map(all.map((element) => [element.dataset[kind], element]));
}

/** What comes and goes, as a process that crashes again and again, is no news each time. */
const RARELY_MS = 15_000;
const spoken = new Map();
function sayRarely(sentence) {
  const last = spoken.get(sentence) ?? 0;
  if (Date.now() - last < RARELY_MS) return;
  spoken.set(sentence, Date.now());
  say(sentence);
}

const sentences = new Set();
function say(sentence) {
  if (!sentences.size) setTimeout(() => { announce([...sentences].join(" ")); sentences.clear(); }, 200);
  sentences.add(sentence);
}

/** What waited for the focus or a popover comes now. */
function catchUp() {
  setTimeout(() => {
    for (const [id, [fresh, own]] of [...live.later]) {
      const old = document.getElementById(id);
      if (old) apply(old, fresh, own);
      else live.later.delete(id);
    }
  }, 50);
}
document.addEventListener("focusout", catchUp);
document.addEventListener("toggle", catchUp, true);
document.addEventListener("selectionchange", () => { if (live.later.size && getSelection().isCollapsed) catchUp(); });
