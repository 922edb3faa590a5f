// @ts-check
// The palette: Ctrl K opens it, typing searches, arrows choose, Enter opens.
import { all, closest, first } from "./dom.js";

/** @param {HTMLDialogElement} dialog @param {HTMLInputElement} input */
function start(dialog, input) {
  const options = () => all(".palette-option", dialog);
  const selected = () => first('.palette-option[aria-selected="true"]', dialog);

  /** @param {HTMLElement | undefined} option */
  function select(option) {
    for (const other of options()) other.setAttribute("aria-selected", String(other === option));
    if (option) {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      input.removeAttribute("aria-activedescendant");
    }
  }

  function open() {
    if (dialog.open) return;
    dialog.showModal();
    input.select();
    input.dispatchEvent(new Event("opened"));
  }

  /** @param {number} step */
  function move(step) {
    const list = options();
    const current = selected();
    const at = current ? list.indexOf(current) : -1;
    if (list.length) select(list[(at + step + list.length) % list.length]);
  }

  /** @param {HTMLElement | null} option */
  function visit(option) {
    if (option?.dataset.href) location.assign(option.dataset.href);
  }

  document.addEventListener("keydown", (event) => {
    const isK = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
    if (!isK || event.shiftKey) return;
    event.preventDefault();
    open();
  });
  document.addEventListener("click", (event) => {
    if (closest(event, "[data-palette]") && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      open();
    }
    visit(closest(event, ".palette-option"));
    if (event.target === dialog) dialog.close();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) move(step);
    else if (event.key === "Home" && event.ctrlKey) select(options()[0]);
    else if (event.key === "Enter" && selected()) visit(selected());
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("htmx:afterSwap", () => select(options()[0]));
}

/** @type {HTMLDialogElement | null} */
const dialog = first("#palette");
/** @type {HTMLInputElement | null} */
const input = first("#palette-input");
if (dialog && input) start(dialog, input);
