// @ts-check
// Menus of versions: a menu button that fetches what this person may do.
import { announce } from "../announce.js";
import { all, closest, need } from "../dom.js";
import { placeBeside } from "./place.js";

const menu = document.createElement("div");
menu.className = "popover menu";
menu.id = "version-menu";
menu.popover = "auto";
need("#main").append(menu);
/** @type {HTMLElement | null} */
let openedBy = null;

const items = () => all('[role="menuitem"]', menu);

/** @param {Element} link */
function makeMenuButton(link) {
  link.setAttribute("role", "button");
  link.setAttribute("aria-haspopup", "menu");
  link.setAttribute("aria-expanded", "false");
}

/** @param {HTMLElement} button */
async function openMenu(button) {
  const answer = await fetch(button.dataset.menu ?? "", { headers: { "HX-Request": "true" } });
  if (!answer.ok) return announce(`Not done: the dashboard answered ${answer.status}.`);
  menu.innerHTML = await answer.text();
  window.htmx?.process(menu);
  openedBy = button;
  makeMenuButton(button);
  button.setAttribute("aria-expanded", "true");
  menu.showPopover({ source: button });
  placeBeside(menu, button, "right");
  items()[0]?.focus();
}

/**
 * The index an arrow key, Home or End goes to; undefined for other keys.
 * @param {string} key
 * @param {number} at
 * @param {number} count
 */
export function targetOf(key, at, count) {
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: count - 1 }[key];
  return to === undefined ? undefined : (to + count) % count;
}

/** @param {HTMLElement[]} list @param {string} letter */
function focusByLetter(list, letter) {
  list.find((item) => item.textContent?.trim().toLowerCase().startsWith(letter))?.focus();
}

/** @param {KeyboardEvent} event */
function onMenuKey(event) {
  const list = items();
  const at = list.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const to = targetOf(event.key, at, list.length);
  if (to !== undefined) {
    list[to].focus();
  } else if (event.key === "Tab") {
    return menu.hidePopover();
  } else if (/^[a-z]$/i.test(event.key) && !event.ctrlKey && !event.metaKey) {
    focusByLetter([...list.slice(at + 1), ...list.slice(0, at + 1)], event.key.toLowerCase());
  } else return;
  event.preventDefault();
}

menu.addEventListener("toggle", (event) => {
  if (event.newState === "open" || !openedBy) return;
  openedBy.setAttribute("aria-expanded", "false");
  const { activeElement } = document;
  if (menu.contains(activeElement) || activeElement === document.body) openedBy.focus();
});
menu.addEventListener("click", (event) => {
  if (closest(event, "[data-copy]")) setTimeout(() => menu.hidePopover(), 0);
});
menu.addEventListener("keydown", onMenuKey);

document.addEventListener("click", (event) => {
  const button = closest(event, "[data-menu]");
  if (!button || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  openMenu(button);
});
document.addEventListener("keydown", (event) => {
  const button = closest(event, "[data-menu]");
  if (!button || ![" ", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  openMenu(button);
});
document.addEventListener("htmx:load", (event) => {
  for (const link of all("[data-menu]", event.detail.elt)) makeMenuButton(link);
});
for (const link of all("[data-menu]")) makeMenuButton(link);
