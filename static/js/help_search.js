// @ts-check
// The search of the help: lists the sections that have every typed word.
import { all, closest, first, isPlain, need, singleKeys } from "./dom.js";

/** Characters of a snippet before and after the first match. */
const BEFORE = 30;
const AFTER = 60;

/**
 * A section of the help.
 * @typedef {{id: string, title: string, text: string}} Section
 * @typedef {{section: Section, snippet: string}} Hit
 */

/** @param {string} text */
const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

/**
 * Sections with every word of `query`, those with a word in their title first.
 * @param {Section[]} sections
 * @param {string} query
 * @returns {Hit[]}
 */
export function search(sections, query) {
  const words = wordsOf(query);
  if (!words.length) return [];
  /** @param {Section} section */
  const inTitle = (section) => words.some((word) => section.title.toLowerCase().includes(word));
  return sections
    .filter(({ title, text }) => {
      const whole = `${title} ${text}`.toLowerCase();
      return words.every((word) => whole.includes(word));
    })
    .sort((a, b) => Number(inTitle(b)) - Number(inTitle(a)))
    .map((section) => ({ section, snippet: snippetOf(section.text, words) }));
}

/**
 * The text around the first word that it has; its beginning if only the title has one.
 * @param {string} text
 * @param {string[]} words
 */
function snippetOf(text, words) {
  const lower = text.toLowerCase();
  const places = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
  const at = places.length ? Math.min(...places) : 0;
  const from = at <= BEFORE ? 0 : text.indexOf(" ", at - BEFORE) + 1 || at;
  const end = at + AFTER;
  return (from ? "…" : "") + text.slice(from, end).trim() + (end < text.length ? "…" : "");
}

/**
 * `text` in pieces: [piece, whether it matches a word].
 * @param {string} text
 * @param {string} query
 * @returns {[string, boolean][]}
 */
export function marked(text, query) {
  const words = wordsOf(query);
  const lower = text.toLowerCase();
  /** @type {[string, boolean][]} */
  const pieces = [];
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const word = words.find((candidate) => lower.startsWith(candidate, at));
    if (!word) continue;
    pieces.push([text.slice(from, at), false], [text.slice(at, at + word.length), true]);
    from = at + word.length;
    at = from - 1;
  }
  return [...pieces, [text.slice(from), false]];
}

/** @param {HTMLElement} section @returns {Section} */
function read(section) {
  const title = need("h2", section);
  const text = [...section.children].slice(1).map((child) => child.textContent ?? "");
  return {
    id: title.id,
    title: title.textContent?.trim() ?? "",
    text: text.join(" ").replace(/\s+/g, " ").trim(),
  };
}

/** @param {string} tag @param {string} text @param {string} query */
function withMarks(tag, text, query) {
  const element = document.createElement(tag);
  for (const [piece, matches] of marked(text, query)) {
    if (!matches) {
      element.append(piece);
      continue;
    }
    const mark = document.createElement("mark");
    mark.textContent = piece;
    element.append(mark);
  }
  return element;
}

/** @param {Hit} hit @param {string} query */
function itemOf({ section, snippet }, query) {
  const link = document.createElement("a");
  link.href = `#${section.id}`;
  const words = withMarks("span", snippet, query);
  words.className = "meta";
  link.append(withMarks("b", section.title, query), words);
  const item = document.createElement("li");
  item.append(link);
  return item;
}

/** @param {HTMLInputElement} input */
function start(input) {
  const sections = all("#help section").map(read);
  const results = need("#help-results");
  const list = need("#help-hits");

  function show() {
    const hits = search(sections, input.value);
    results.hidden = !input.value.trim();
    const count = hits.length === 1 ? "1 match" : `${hits.length} matches`;
    need("#help-count").textContent = hits.length ? count : "No matches";
    list.replaceChildren(...hits.map((hit) => itemOf(hit, input.value)));
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const link = list.querySelector("a");
    if (event.key === "Enter" && link) location.hash = link.hash;
    if (event.key === "Escape") {
      input.value = "";
      show();
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = closest(event, "input, textarea, select");
    if (event.key !== "/" || typing || !isPlain(event) || !singleKeys()) return;
    event.preventDefault();
    input.focus();
  });
}

/** @type {HTMLInputElement | null} */
const field = first("#help-search");
if (field) start(field);
