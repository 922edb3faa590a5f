import assert from "node:assert/strict";
import { test } from "node:test";
import { showPage } from "./page.js";

showPage(`<input id="help-search"><div id="help-results" hidden><p id="help-count"></p>
  <ul id="help-hits"></ul></div><div id="help">
  <section><div><h2 id="a-title">Overrides</h2></div><p>A header asks for one version.</p></section>
  <section><div><h2 id="b-title">Stage</h2></div><p>Fixes not_in_deployment: add it at 0%.</p></section>
  </div>`);
const { marked, search } = await import("../../static/js/help_search.js");

const SECTIONS = [
  { id: "a", title: "Roll back", text: "An earlier version at 100%." },
  {
    id: "b",
    title: "Terms",
    text: `${"Many words. ".repeat(20)}Roll back is one click. And more.`,
  },
  { id: "c", title: "Keys", text: "Ctrl K" },
];

test("a section has every word, titles come first, case does not matter", () => {
  const ids = (query) => search(SECTIONS, query).map(({ section }) => section.id);
  assert.deepEqual(ids("ROLL back"), ["a", "b"]);
  assert.deepEqual(ids("click roll"), ["b"]);
  assert.deepEqual(ids("nothing"), []);
  assert.deepEqual(ids("  "), []);
});

test("a snippet is around the match, or the beginning", () => {
  const [title, inside] = search(SECTIONS, "roll");
  assert.equal(title.snippet, "An earlier version at 100%.");
  assert.match(inside.snippet, /^….*Roll back is one click/);
  assert.ok(inside.snippet.length < 100);
});

test("marked pieces are the words as text, whatever signs they have", () => {
  assert.deepEqual(marked("a (b) c", "(b)"), [
    ["a ", false],
    ["(b)", true],
    [" c", false],
  ]);
  assert.deepEqual(marked("a", ""), [["a", false]]);
});

test("typing lists hits, Enter goes to the first, Escape empties", () => {
  const input = document.getElementById("help-search");
  const results = document.getElementById("help-results");
  const press = (key) => input.dispatchEvent(new KeyboardEvent("keydown", { key }));
  input.value = "not_in";
  input.dispatchEvent(new Event("input"));
  assert.equal(results.hidden, false);
  assert.equal(document.getElementById("help-count").textContent, "1 match");
  assert.equal(results.querySelector("mark").textContent, "not_in");
  press("Enter");
  assert.equal(location.hash, "#b-title");
  press("Escape");
  assert.equal(results.hidden, true);
  input.value = "zebra";
  input.dispatchEvent(new Event("input"));
  assert.equal(document.getElementById("help-count").textContent, "No matches");
});
