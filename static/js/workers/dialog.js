// @ts-check
// The dialog over a page: htmx puts the form in, Esc and Cancel close it, and the focus returns to
// where it was.
import { all, closest, first } from "../dom.js";

/** @param {HTMLDialogElement} dialog */
function start(dialog) {
  /** @type {Element | null} */
  let opener = null;

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === dialog && !dialog.open) opener = document.activeElement;
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target !== dialog) return;
    for (const menu of all(".menu:popover-open")) menu.hidePopover();
    if (!dialog.open) dialog.showModal();
    (first("[autofocus], #percentage, select", dialog) ?? dialog).focus();
  });
  document.addEventListener("click", (event) => {
    if (!closest(event, "[data-close]") || !dialog.open) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    dialog.replaceChildren();
    if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
  });
}

/** @type {HTMLDialogElement | null} */
const dialog = first("#dialog");
if (dialog) start(dialog);
