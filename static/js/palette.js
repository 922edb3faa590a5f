// The palette: Ctrl K opens it, typing searches, arrows choose, Enter opens.
"use strict";

(() => {
  const dialog = document.getElementById("palette");
  const input = document.getElementById("palette-input");
  if (!dialog || !input) return;

  const options = () => [...dialog.querySelectorAll(".palette-option")];
  const chosen = () => dialog.querySelector('.palette-option[aria-selected="true"]');

  function choose(option) {
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

  function move(step) {
    const all = options();
    if (all.length) choose(all[(all.indexOf(chosen()) + step + all.length) % all.length]);
  }

  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      open();
    }
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-palette]");
    if (link && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      open();
    }
    const option = event.target.closest(".palette-option");
    if (option) location.assign(option.dataset.href);
    if (event.target === dialog) dialog.close();
  });
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) move(step);
    else if (event.key === "Home" && event.ctrlKey) choose(options()[0]);
    else if (event.key === "Enter" && chosen()) location.assign(chosen().dataset.href);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("htmx:afterSwap", () => choose(options()[0]));
})();
