import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { isInUse, morph } from "../../static/js/live/morph.js";
import { showPage } from "./page.js";

/** @param {string} html */
function fragment(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content.firstElementChild;
}

/** @param {string} before @param {string} after @param {boolean} [own] */
function morphed(before, after, own) {
  document.body.innerHTML = before;
  const part = document.body.firstElementChild;
  return { part, isDone: morph(part, fragment(after), own) };
}

beforeEach(() => {
  showPage("");
});

test("text and attributes change, and the nodes stay", () => {
  document.body.innerHTML = '<p id="a" class="old" title="x"><b>10%</b></p>';
  const [part, bold] = [document.getElementById("a"), document.querySelector("b")];
  assert.equal(morph(part, fragment('<p id="a" class="new"><b>25%</b></p>')), true);
  assert.equal(part.outerHTML, '<p id="a" class="new"><b>25%</b></p>');
  assert.equal(document.querySelector("b"), bold);
});

test("children with an id are matched by it, wherever they are", () => {
  document.body.innerHTML = '<ul><li id="a">A</li><li id="b">B</li></ul>';
  const first = document.getElementById("a");
  morph(
    document.querySelector("ul"),
    fragment('<ul><li id="b">B</li><li id="c">C</li><li id="a">A2</li></ul>'),
  );
  assert.deepEqual(
    [...document.querySelectorAll("li")].map((li) => li.textContent),
    ["B", "C", "A2"],
  );
  assert.equal(document.getElementById("a"), first);
});

test("children that are gone are removed", () => {
  const { part, isDone } = morphed("<ul><li>1</li><li>2</li></ul>", "<ul><li>1</li></ul>");
  assert.equal(isDone, true);
  assert.equal(part.children.length, 1);
});

test("the focused field keeps its value and waits, while the rest changes", () => {
  document.body.innerHTML = '<form><p>old</p><input id="q" value="a"></form>';
  document.getElementById("q").focus();
  const fresh = fragment('<form><p>new</p><input id="q" value="b"></form>');
  assert.equal(morph(document.querySelector("form"), fresh), false);
  assert.equal(document.querySelector("p").textContent, "new");
  assert.equal(document.getElementById("q").getAttribute("value"), "a");
  assert.equal(document.activeElement.id, "q");
});

test("a focused element that is gone stays until it is left", () => {
  document.body.innerHTML = '<div><button id="old">Promote</button></div>';
  document.getElementById("old").focus();
  assert.equal(morph(document.querySelector("div"), fragment("<div></div>")), false);
  assert.equal(document.querySelectorAll("button").length, 1);
});

test("an open dialog is not touched", () => {
  const { part, isDone } = morphed(
    "<div><dialog open>Confirm</dialog></div>",
    "<div><dialog>Other</dialog></div>",
  );
  assert.equal(isDone, false);
  assert.equal(part.textContent, "Confirm");
});

test("selected text is not replaced", () => {
  document.body.innerHTML = "<div><code>abc</code><i>1</i></div>";
  const text = document.querySelector("code").firstChild;
  getSelection().setBaseAndExtent(text, 0, text, 2);
  assert.equal(
    morph(document.querySelector("div"), fragment("<div><code>xyz</code><i>2</i></div>")),
    false,
  );
  assert.equal(document.querySelector("div").textContent, "abc2");
});

test("parts of the person change only with a page of that person", () => {
  const [before, after] = [
    "<div><p data-own>Promote</p></div>",
    "<div><p data-own>Roll back</p></div>",
  ];
  assert.equal(morphed(before, after).part.textContent, "Promote");
  assert.equal(morphed(before, after, true).part.textContent, "Roll back");
});

test("a whole part in use never mixes old and new", () => {
  document.body.innerHTML = "<div data-whole><p>old</p><button>x</button></div>";
  document.querySelector("button").focus();
  const fresh = fragment("<div data-whole><p>new</p><button>x</button></div>");
  assert.equal(morph(document.querySelector("div"), fresh), false);
  assert.equal(document.querySelector("p").textContent, "old");
});

test("a line that is redrawn is replaced as a whole", () => {
  document.body.innerHTML = "<div><p data-redraw><b>1</b> s</p></div>";
  const line = document.querySelector("p");
  morph(document.querySelector("div"), fragment("<div><p data-redraw><b>2</b> s</p></div>"));
  assert.notEqual(document.querySelector("p"), line);
  assert.equal(document.querySelector("p").textContent, "2 s");
});

test("an expanded menu button stays expanded", () => {
  const { part } = morphed('<a aria-expanded="true" class="x">Menu</a>', "<a>Menu</a>");
  assert.equal(part.getAttribute("aria-expanded"), "true");
  assert.equal(part.hasAttribute("class"), false);
});

test("what has the focus inside is in use; the page itself is not", () => {
  document.body.innerHTML = "<div><input></div><p>text</p>";
  assert.equal(isInUse(document.querySelector("div")), false);
  document.querySelector("input").focus();
  assert.equal(isInUse(document.querySelector("div")), true);
  assert.equal(isInUse(document.querySelector("p")), false);
  assert.equal(isInUse(document.querySelector("p").firstChild), false);
});
