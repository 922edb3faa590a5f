// Workers' pages: menus of versions, dialogs over the page, cards of versions, keys of the list.
"use strict";

/* Dialogs: htmx puts the form in, Esc and Cancel close it, the focus returns where it was */

const dialog = document.getElementById("dialog");
let opener = null;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target === dialog && !dialog.open) opener = document.activeElement;
});
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target !== dialog) return;
  document.querySelectorAll(".menu:popover-open").forEach((menu) => menu.hidePopover());
  if (!dialog.open) dialog.showModal();
  (dialog.querySelector("[autofocus], #percentage, select") ?? dialog).focus();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-close]") || !dialog?.open) return;
  event.preventDefault();
  dialog.close();
});
dialog?.addEventListener("close", () => {
  dialog.replaceChildren();
  if (opener?.isConnected) opener.focus();
});

/* Menus: a menu button that fetches what this person may do */

const menu = document.createElement("div");
menu.className = "popover menu";
menu.id = "version-menu";
menu.popover = "auto";
document.getElementById("main").append(menu);
let menuButton = null;

for (const link of document.querySelectorAll("[data-menu]")) dress(link);
document.addEventListener("htmx:load", (event) => event.detail.elt.querySelectorAll?.("[data-menu]").forEach(dress));

function dress(link) {
  link.setAttribute("role", "button");
  link.setAttribute("aria-haspopup", "menu");
  link.setAttribute("aria-expanded", "false");
}

async function openMenu(button) {
  const answer = await fetch(button.dataset.menu, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return announce(`Not done: the dashboard answered ${answer.status}.`);
  menu.innerHTML = await answer.text();
  window.htmx?.process(menu);
  menuButton = button;
  dress(button);
  button.setAttribute("aria-expanded", "true");
  menu.showPopover({ source: button });
  place(menu, button);
  items()[0]?.focus();
}

const items = () => [...menu.querySelectorAll('[role="menuitem"]')];

menu.addEventListener("toggle", (event) => {
  if (event.newState === "open" || !menuButton) return;
  menuButton.setAttribute("aria-expanded", "false");
  if (menu.contains(document.activeElement) || document.activeElement === document.body) menuButton.focus();
});
menu.addEventListener("click", (event) => { if (event.target.closest("[data-copy]")) setTimeout(() => menu.hidePopover(), 0); });
menu.addEventListener("keydown", (event) => {
  const all = items();
  const at = all.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
  if (to !== undefined) {
    all[(to + all.length) % all.length].focus();
  } else if (event.key === "Tab") {
    menu.hidePopover();
    return;
  } else if (/^[a-z]$/i.test(event.key) && !event.ctrlKey && !event.metaKey) {
    const after = [...all.slice(at + 1), ...all.slice(0, at + 1)];
    after.find((e) => e.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
  } else return;
  event.preventDefault();
});

/** Beside the button, inside the window; where CSS cannot anchor. */
function place(element, button) {
  const box = button.getBoundingClientRect();
  const size = element.getBoundingClientRect();
  const below = box.bottom + 6 + size.height <= innerHeight || box.top < size.height + 6;
  element.style.inset = "auto";
  element.style.margin = "0";
  element.style.positionArea = "none";
  const top = below ? box.bottom + 6 : box.top - size.height - 6;
  element.style.top = `${Math.max(8, Math.min(top, innerHeight - size.height - 8))}px`;
  const wanted = element === menu ? box.right - size.width : box.left;
  element.style.left = `${Math.max(8, Math.min(wanted, innerWidth - size.width - 8))}px`;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-menu]");
  if (!button || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  openMenu(button);
});
document.addEventListener("keydown", (event) => {
  const button = event.target.closest?.("[data-menu]");
  if (!button || ![" ", "ArrowDown"].includes(event.key)) return;
  event.preventDefault();
  openMenu(button);
});

/* The card of a version: full id and absolute time, on hover and focus */

const card = document.createElement("div");
card.className = "popover version-card";
card.popover = "manual";
card.setAttribute("aria-hidden", "true");
document.getElementById("main").append(card);
let waiting = 0;

function showCard(button) {
  card.replaceChildren();
  for (const [name, text] of [["card-word", button.dataset.card], ["tag", button.dataset.tag], ["card-id", button.dataset.copy], ["meta", `Uploaded ${button.dataset.when}`]]) {
    if (!text) continue;
    const line = document.createElement("span");
    line.className = name;
    line.textContent = text;
    card.append(line);
  }
  card.showPopover();
  place(card, button);
}
function hideCard() {
  clearTimeout(waiting);
  if (card.matches(":popover-open")) card.hidePopover();
}
document.addEventListener("pointerover", (event) => {
  if (card.contains(event.target)) return clearTimeout(waiting);
  const button = event.target.closest?.("[data-card]");
  clearTimeout(waiting);
  waiting = setTimeout(button ? () => showCard(button) : hideCard, 250);
});
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-card]:focus-visible")) showCard(event.target);
  else hideCard();
});
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hideCard(); });
addEventListener("scroll", hideCard, { passive: true });

/* The list by keyboard: single letters never deploy and can be switched off */

document.addEventListener("keydown", (event) => {
  if (localStorage.getItem("single-keys") === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [role=menu], dialog")) return;
  const links = [...document.querySelectorAll(".workers .worker-name")];
  const at = links.findIndex((link) => link.closest("tr").contains(document.activeElement));
  if (event.key === "/") document.getElementById("q")?.focus();
  else if (event.key === "j" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
  else if (event.key === "k" && links.length) links[Math.max(at - 1, 0)].focus();
  else if (event.key === "p" && at >= 0) location.assign(`/playground/?worker=${encodeURIComponent(links[at].textContent)}`);
  else return;
  event.preventDefault();
});
if (localStorage.getItem("single-keys") === "off") document.querySelectorAll("[data-single-keys]").forEach((e) => e.remove());
