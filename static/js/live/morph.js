// @ts-check
// Makes a part of the page equal to a newer one, node by node. What has the focus, a selection or an
// open popover stays as it is, and the rest of the part still changes.
//
// idiomorph could hold these rules with callbacks, in 9.9 kB minified instead of 1.6.

/** @param {Node} node @returns {node is Element} */
const isElement = (node) => node.nodeType === Node.ELEMENT_NODE;

const OPEN = ":popover-open, dialog[open]";

/**
 * Whether a person is using something inside the node.
 * @param {Node} node
 */
export function isInUse(node) {
  if (!isElement(node)) return false;
  const focused = document.activeElement;
  if (focused && focused !== document.body && node.contains(focused)) return true;
  if (node.matches(OPEN) || node.querySelector(OPEN)) return true;
  const selection = getSelection();
  return Boolean(selection && !selection.isCollapsed && node.contains(selection.anchorNode));
}

/**
 * Whether the node itself, not something deeper, is in use.
 * @param {Element} node
 */
function isPinned(node) {
  if (node === document.activeElement || node.matches(OPEN)) return true;
  const selection = getSelection();
  if (!selection || selection.isCollapsed) return false;
  const around = selection.getRangeAt(0).commonAncestorContainer;
  return node === (around.nodeType === Node.TEXT_NODE ? around.parentNode : around);
}

/** @param {Element} old @param {Element} fresh */
function copyAttributes(old, fresh) {
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !name.startsWith("aria-expanded")) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
}

/**
 * The child of `parent` that is the same thing as `fresh`: by id, else the next of its kind.
 * @param {Node} fresh
 * @param {Node | null} from
 * @param {Node} parent
 */
function counterpart(fresh, from, parent) {
  if (isElement(fresh) && fresh.id) {
    const sameId = document.getElementById(fresh.id);
    return sameId?.parentNode === parent ? sameId : null;
  }
  for (let node = from; node; node = node.nextSibling) {
    const hasId = isElement(node) && node.id;
    if (node.nodeName === fresh.nodeName && !hasId) return node;
    if (hasId) break;
  }
  return null;
}

/**
 * Text is replaced, and a [data-redraw] line as a whole: otherwise its pieces would shift.
 * @param {Node} old
 * @param {Node} fresh
 */
function isReplaced(old, fresh) {
  if (!isElement(old) || !isElement(fresh)) return true;
  return (old.hasAttribute("data-redraw") || fresh.hasAttribute("data-redraw")) && !isInUse(old);
}

/**
 * Makes `old` equal to `fresh`, keeping its nodes; false if something in use has to wait.
 * `own` is true for a page of this person, whose [data-own] parts may change.
 * @param {Node} old
 * @param {Node} fresh
 * @param {boolean} [own]
 * @returns {boolean}
 */
export function morph(old, fresh, own = false) {
  if (old.isEqualNode(fresh)) return true;
  if (isElement(old) && old.hasAttribute("data-own") && !own) return true;
  if (isReplaced(old, fresh)) {
    old.parentNode?.replaceChild(fresh, old);
    return true;
  }
  return morphElement(/** @type {Element} */ (old), /** @type {Element} */ (fresh), own);
}

/** @param {Element} old @param {Element} fresh @param {boolean} own */
function morphElement(old, fresh, own) {
  const isWhole = old.hasAttribute("data-whole"); // never a mixture of old and new
  if (isPinned(old) || (isWhole && isInUse(old))) return false;
  copyAttributes(old, fresh);
  let isDone = true;
  let place = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    const match = counterpart(child, place, old);
    if (!match) {
      old.insertBefore(child, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    isDone = morph(match, child, own) && isDone;
  }
  return removeFrom(place) && isDone;
}

/**
 * Removes the node and its later siblings; false if one is in use.
 * @param {ChildNode | null} node
 */
function removeFrom(node) {
  let isDone = true;
  while (node) {
    const next = node.nextSibling;
    if (isInUse(node)) isDone = false;
    else node.remove();
    node = next;
  }
  return isDone;
}
