// Completes @names while a comment is typed; Ctrl+Enter sends it. Without scripts people type names.
"use strict";

const people = [...document.querySelectorAll("#people-to-mention option")].map((option) => ({
  name: option.value,
  role: option.textContent,
}));
const MOST = 6;

/** The part of a name after the @ before the cursor; null where nothing is mentioned. */
function begun(field) {
  const before = field.value.slice(0, field.selectionStart);
  return before.match(/(?:^|[^\w@./])@([\w.+-]*)$/)?.[1] ?? null;
}

class Completion {
  constructor(field) {
    this.field = field;
    this.list = document.createElement("ul");
    this.list.className = "mention-list";
    this.list.id = `${field.id}-mentions`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "People to mention");
    this.list.hidden = true;
    field.after(this.list);
    field.setAttribute("aria-controls", this.list.id);
    field.setAttribute("aria-autocomplete", "list");
    field.addEventListener("input", () => this.update());
    field.addEventListener("keydown", (event) => this.onKey(event));
    field.addEventListener("blur", () => this.close());
    // Before the field loses focus, which closes the list.
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option) this.take(option.dataset.name);
    });
  }

  update() {
    const part = begun(this.field);
    const fits = part === null ? [] : people.filter((p) => p.name.toLowerCase().startsWith(part.toLowerCase()));
    this.list.replaceChildren(...fits.slice(0, MOST).map((person, index) => this.option(person, index)));
    this.list.hidden = fits.length === 0;
    this.select(0);
  }

  option({ name, role }, index) {
    const option = document.createElement("li");
    option.className = "mention-option";
    option.id = `${this.list.id}-${index}`;
    option.setAttribute("role", "option");
    option.dataset.name = name;
    const strong = document.createElement("b");
    strong.textContent = name;
    const kind = document.createElement("span");
    kind.className = "meta";
    kind.textContent = role;
    option.append(strong, kind);
    return option;
  }

  select(index) {
    const options = [...this.list.children];
    this.index = (index + options.length) % (options.length || 1);
    options.forEach((option, i) => option.setAttribute("aria-selected", String(i === this.index)));
    if (this.list.hidden) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", options[this.index].id);
  }

  onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      this.field.form.requestSubmit();
      return;
    }
    if (this.list.hidden) return;
    const acts = {
      ArrowDown: () => this.select(this.index + 1),
      ArrowUp: () => this.select(this.index - 1),
      Enter: () => this.take(this.list.children[this.index].dataset.name),
      Tab: () => this.take(this.list.children[this.index].dataset.name),
      Escape: () => this.close(),
    };
    if (!(event.key in acts)) return;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
  }

  take(name) {
    const cursor = this.field.selectionStart;
    const start = cursor - begun(this.field).length;
    this.field.setRangeText(`${name} `, start, cursor, "end");
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.select(0);
  }
}

for (const field of document.querySelectorAll("[data-mentions]")) new Completion(field);
