// @ts-check
// Completes @names while a comment is typed; Ctrl+Enter sends it. Without scripts people type names.
import { all, closest } from "./dom.js";

/** @typedef {{ name: string, role: string }} Person */

const MAX_OPTIONS = 6;

/** @returns {Person[]} */
function peopleOfPage() {
  /** @type {NodeListOf<HTMLOptionElement>} */
  const options = document.querySelectorAll("#people-to-mention option");
  return [...options].map((option) => ({ name: option.value, role: option.textContent ?? "" }));
}

/**
 * The part of a name between the @ and the cursor; null where nothing is mentioned.
 * @param {string} before the text before the cursor
 */
export function mentionAt(before) {
  return before.match(/(?:^|[^\w@./])@([\w.+-]*)$/)?.[1] ?? null;
}

/**
 * @param {Person[]} people
 * @param {string | null} part
 */
export function matching(people, part) {
  if (part === null) return [];
  const start = part.toLowerCase();
  return people.filter(({ name }) => name.toLowerCase().startsWith(start)).slice(0, MAX_OPTIONS);
}

class Completion {
  /** @param {HTMLTextAreaElement} field @param {Person[]} people */
  constructor(field, people) {
    this.field = field;
    this.people = people;
    this.index = 0;
    this.list = document.createElement("ul");
    this.list.className = "mention-list";
    this.list.id = `${field.id}-mentions`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "People to mention");
    this.list.hidden = true;
    field.after(this.list);
    field.setAttribute("aria-controls", this.list.id);
    field.setAttribute("aria-autocomplete", "list");
    this.listen();
  }

  listen() {
    this.field.addEventListener("input", () => this.update());
    this.field.addEventListener("keydown", (event) => this.onKey(event));
    this.field.addEventListener("blur", () => this.close());
    // Before the field loses the focus, which closes the list.
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = closest(event, "[role=option]");
      if (option) this.take(option);
    });
  }

  get options() {
    return all("[role=option]", this.list);
  }

  get part() {
    return mentionAt(this.field.value.slice(0, this.field.selectionStart));
  }

  update() {
    const people = matching(this.people, this.part);
    this.list.replaceChildren(...people.map((person, index) => this.option(person, index)));
    this.list.hidden = people.length === 0;
    this.select(0);
  }

  /** @param {Person} person @param {number} index */
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

  /** @param {number} index */
  select(index) {
    const { options } = this;
    this.index = (index + options.length) % (options.length || 1);
    options.forEach((option, i) => {
      option.setAttribute("aria-selected", String(i === this.index));
    });
    if (this.list.hidden) this.field.removeAttribute("aria-activedescendant");
    else this.field.setAttribute("aria-activedescendant", options[this.index].id);
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      this.field.form?.requestSubmit();
      return;
    }
    if (this.list.hidden || !this.act(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Whether the key does something here. @param {string} key */
  act(key) {
    if (key === "ArrowDown") this.select(this.index + 1);
    else if (key === "ArrowUp") this.select(this.index - 1);
    else if (key === "Enter" || key === "Tab") this.take(this.options[this.index]);
    else if (key === "Escape") this.close();
    else return false;
    return true;
  }

  /** @param {HTMLElement} option */
  take(option) {
    const cursor = this.field.selectionStart;
    const start = cursor - (this.part ?? "").length;
    this.field.setRangeText(`${option.dataset.name} `, start, cursor, "end");
    this.close();
  }

  close() {
    this.list.hidden = true;
    this.select(0);
  }
}

const people = peopleOfPage();
/** @type {NodeListOf<HTMLTextAreaElement>} */
const fields = document.querySelectorAll("[data-mentions]");
for (const field of fields) new Completion(field, people);
