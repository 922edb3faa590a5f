import assert from "node:assert/strict";
import { test } from "node:test";
import { showPage } from "./page.js";

showPage('<main id="main"></main><div id="announce"></div>');
const { LogFeed, MAX_ROWS } = await import("../../static/js/log_feed.js");
const { matching, mentionAt } = await import("../../static/js/mentions.js");
const { masked } = await import("../../static/js/people.js");
const { percentage } = await import("../../static/js/split.js");
const { targetOf } = await import("../../static/js/workers/menu.js");
const { nextIndex } = await import("../../static/js/playground/compare.js");
const { headersOf, linesOf } = await import("../../static/js/playground/headers.js");
const { headerOf } = await import("../../static/js/playground/override_field.js");
const { jsonNote } = await import("../../static/js/playground/body.js");
const { markAfter } = await import("../../static/js/playground/runs.js");
const { textToCopy } = await import("../../static/js/copy.js");
const { fieldsOf, deleteDraft, storeDraft, storedDraft } = await import(
  "../../static/js/editor/draft.js"
);

test("the palette selects the first match, and arrows go around", async () => {
  const document = showPage(`<dialog id="palette"><input id="palette-input">
    <p class="palette-option" id="o1" data-href="/a"></p><p class="palette-option" id="o2" data-href="/b"></p></dialog>`);
  window.Element.prototype.scrollIntoView = () => {};
  await import("../../static/js/palette.js");
  const [dialog, input] = [
    document.getElementById("palette"),
    document.getElementById("palette-input"),
  ];
  dialog.dispatchEvent(new Event("htmx:afterSwap"));
  const selected = () => document.querySelector('[aria-selected="true"]').id;
  const press = (key) =>
    input.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  assert.equal(selected(), "o1");
  press("ArrowUp");
  assert.equal(selected(), "o2");
  press("ArrowDown");
  assert.equal(selected(), "o1");
  assert.equal(input.getAttribute("aria-activedescendant"), "o1");
});

test("the log's queue is bounded, and counts what it drops", () => {
  const feed = new LogFeed();
  feed.add(
    Array.from({ length: 700 }, (_, i) => `<tr id="r${i}">`),
    3,
  );
  assert.deepEqual([feed.waiting, feed.missed], [500, 203]);
  const rows = feed.takeRows();
  assert.deepEqual(
    [rows.length, rows.at(-1), feed.waiting, feed.missed],
    [MAX_ROWS, '<tr id="r699">', 0, 503],
  );
});

test("lines that come before their row wait for it, the oldest are dropped", () => {
  const feed = new LogFeed();
  feed.addEarly("p0", "<p>1</p>");
  feed.addEarly("p0", "<p>2</p>");
  assert.equal(feed.takeEarly("p0"), "<p>1</p><p>2</p>");
  assert.equal(feed.takeEarly("p0"), undefined);
  for (let i = 0; i <= 200; i++) feed.addEarly(`p${i}`, "x");
  assert.deepEqual([feed.takeEarly("p0"), feed.takeEarly("p1")], [undefined, "x"]);
});

test("a mention starts with an @ that is not part of a word or an address", () => {
  assert.equal(mentionAt("hello @ma"), "ma");
  assert.equal(mentionAt("@"), "");
  assert.equal(mentionAt("mail maya@ma"), null);
  assert.equal(mentionAt("@ma "), null);
});

test("at most six people match, whatever the case", () => {
  const people = ["Maya", "max", "Noor", ..."1234567"].map((name) => ({ name, role: "" }));
  assert.deepEqual(
    matching(people, "MA").map((person) => person.name),
    ["Maya", "max"],
  );
  assert.deepEqual(matching(people, null), []);
  assert.equal(matching(people, "").length, 6);
});

test("a token shows its first eight and last four characters", () => {
  assert.equal(masked("sluice_abcdefghijkl"), "sluice_a•••••••ijkl");
});

test("a percentage has bounds and three decimals", () => {
  assert.deepEqual([-1, 0.00049, 33.33333, 101].map(percentage), [0, 0, 33.333, 100]);
});

test("menus and differences are rings", () => {
  assert.deepEqual(
    ["ArrowDown", "ArrowUp", "Home", "End"].map((key) => targetOf(key, 2, 3)),
    [0, 1, 0, 2],
  );
  assert.equal(targetOf("x", 0, 3), undefined);
  assert.deepEqual(
    [nextIndex(-1, 1, 3), nextIndex(-1, -1, 3), nextIndex(2, 1, 3), nextIndex(0, -1, 3)],
    [0, 2, 0, 2],
  );
});

test("headers are the same as rows and as lines", () => {
  const headers = [
    ["Accept", "text/html"],
    ["X-Time", "12:30"],
    ["Bare", ""],
  ];
  assert.deepEqual(headersOf("Accept: text/html\n\n X-Time : 12:30\nBare"), headers);
  assert.equal(linesOf([...headers, ["", ""]]), "Accept: text/html\nX-Time: 12:30\nBare: ");
});

test("picked versions make the header", () => {
  const picks = [
    { worker: "a", version: "1" },
    { worker: "b", version: "" },
    { worker: "c", version: "3" },
  ];
  assert.equal(headerOf(picks), 'a="1", c="3"');
});

test("JSON may have variables", () => {
  assert.equal(jsonNote(" "), "");
  assert.equal(jsonNote('{"id": {{ user }}}'), "Valid JSON.");
  assert.match(jsonNote("{"), /^Not JSON yet: /);
});

test("arrow keys move over the marks of a run by columns", () => {
  assert.deepEqual(
    ["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"].map((key) => markAfter(key, 25, 20, 99)),
    [26, 24, 45, 5],
  );
  assert.deepEqual(
    [markAfter("ArrowUp", -1, 20, 99), markAfter("End", 3, 20, 99), markAfter("a", 3, 20, 99)],
    [0, 99, undefined],
  );
});

test("a copy button has its text, or that of another element", () => {
  const document = showPage(
    '<b data-copy="x"></b><b data-copy-from="f"></b><b data-copy-from="c"></b><b data-copy-from="no"></b><input id="f" value="v"><code id="c">t</code>',
  );
  assert.deepEqual([...document.querySelectorAll("b")].map(textToCopy), ["x", "v", "t", ""]);
});

test("a draft has no secrets and no token", () => {
  const document = showPage(`<form data-draft-key="/w/"><input name="csrfmiddlewaretoken" value="t">
    <input name="secret" value="s" data-private><input name="name" value="hello"><textarea name="text">1</textarea></form>`);
  const form = document.querySelector("form");
  assert.deepEqual(fieldsOf(form), [
    ["name", "hello"],
    ["text", "1"],
  ]);
  assert.equal(storedDraft(form), null);
  storeDraft(form);
  assert.deepEqual(storedDraft(form).fields, [
    ["name", "hello"],
    ["text", "1"],
  ]);
  deleteDraft(form);
  assert.equal(storedDraft(form), null);
});
