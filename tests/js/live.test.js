import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { showPage } from "./page.js";

showPage("");
const { accept, isOlder, live, sequenceOf, setMarks } = await import(
  "../../static/js/live/state.js"
);
const { apply, startCatchingUp } = await import("../../static/js/live/parts.js");
const { ageInWords, updateAges } = await import("../../static/js/live/ages.js");
const { showPush } = await import("../../static/js/live/push.js");
const { updateNotes } = await import("../../static/js/live/form_notes.js");
const { showLive, showStale } = await import("../../static/js/live/stale.js");

const heard = () => [...document.getElementById("announce").children].map((p) => p.textContent);

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-11-30T12:00:00Z") });
  Object.assign(live, { socket: null, stale: false, revision: 7, nextAt: 0, heardAt: Date.now() });
  live.sequences.clear();
  live.later.clear();
  showPage('<main id="main"></main><div id="announce"></div>');
  globalThis.fetch = async () => {
    throw new Error("no page is fetched here");
  };
});

test("a part is older by its revision, then by its time", () => {
  assert.equal(isOlder([1, 9], [2, 0]), true);
  assert.equal(isOlder([2, 1], [2, 2]), true);
  assert.equal(isOlder([2, 2], [2, 2]), false);
  assert.equal(isOlder([3, 0], [2, 9]), false);
});

test("a part is accepted unless the page, or the part on it, is newer", () => {
  live.sequences.set("page", [5, 0]);
  assert.equal(accept("live", [4, 9]), false);
  assert.equal(accept("live", [5, 0]), true);
  assert.equal(accept("live", [6, 0]), true);
  assert.equal(accept("live", [5, 1]), false);
  assert.equal(accept("other", [5, 1]), true);
});

test("a page has the sequence of when it was read, or none", () => {
  assert.equal(sequenceOf(document), undefined);
  document.body.innerHTML = '<main data-sequence="7 1764504000000000"></main>';
  assert.deepEqual(sequenceOf(document), [7, 1764504000000000]);
});

test("a push swaps parts in and skips older ones", () => {
  document.getElementById("main").innerHTML = '<p id="a">old</p><p id="b">old</p>';
  live.sequences.set("b", [8, 0]);
  showPush({ sequence: [7, 5], html: '<p id="a">new</p><p id="b">new</p>', why: "metrics" });
  assert.equal(document.getElementById("a").textContent, "new");
  assert.equal(document.getElementById("b").textContent, "old");
});

test("rows that the page does not have, and deployments, fetch the page again", () => {
  const fetched = mock.fn(async () => ({ ok: false }));
  globalThis.fetch = fetched;
  document.getElementById("main").innerHTML = '<table><tbody><tr id="a"></tr></tbody></table>';
  showPush({ sequence: [7, 5], html: '<p id="x">metrics</p>', why: "metrics" });
  assert.equal(fetched.mock.callCount(), 0);
  showPush({ sequence: [7, 6], html: "", why: "deployment" });
  assert.equal(fetched.mock.callCount(), 1);
  showPush({ sequence: [8, 0], html: "", why: "metrics" }); // deployed while the page was on its way
  assert.equal(fetched.mock.callCount(), 2);
  assert.equal(live.revision, 8);
});

test("what is in use waits, is marked, and comes once the focus leaves", () => {
  startCatchingUp();
  const main = document.getElementById("main");
  main.innerHTML = '<div id="part"><button id="b">Promote</button></div>';
  const part = document.getElementById("part");
  document.getElementById("b").focus();
  const template = document.createElement("template");
  template.innerHTML = '<div id="part"><button id="b">Roll back</button></div>';
  apply(part, template.content.firstElementChild);
  assert.equal(part.classList.contains("has-newer"), true);
  assert.equal(part.textContent, "Promote");
  document.getElementById("b").blur();
  mock.timers.tick(60);
  assert.equal(part.textContent, "Roll back");
  assert.equal(part.classList.contains("has-newer"), false);
  assert.equal(live.later.size, 0);
});

test("news of a part is announced once, a fault at most every 15 seconds", () => {
  document.getElementById("main").innerHTML = '<div id="part"><p></p></div>';
  const part = document.getElementById("part");
  const set = (inner) => {
    const template = document.createElement("template");
    template.innerHTML = `<div id="part">${inner}</div>`;
    apply(part, template.content.firstElementChild);
    mock.timers.tick(300);
  };
  set('<p data-said="Live: 10%."></p>');
  set('<p data-said="Live: 10%."></p>');
  assert.deepEqual(heard(), ["Live: 10%."]);
  const fault = '<p data-said="#2 crashed." data-unsaid="#2 runs."></p>';
  for (const inner of [fault, "<p></p>", fault, "<p></p>", fault]) set(inner);
  assert.deepEqual(heard(), ["Live: 10%.", "#2 crashed.", "#2 runs."]);
});

test("ages grow older; absolute times and lines in use stay", () => {
  assert.deepEqual([0, 1, 59, 60, 3599, 3600, 86400].map(ageInWords), [
    "just now",
    "1 s ago",
    "59 s ago",
    "1 min ago",
    "59 min ago",
    "1 h ago",
    "1 d ago",
  ]);
  document.getElementById("main").innerHTML =
    '<time datetime="2026-11-30T11:58:00Z">1 min ago</time><time datetime="2026-11-30T11:00:00Z">11:00</time>';
  updateAges(true);
  assert.deepEqual(
    [...document.querySelectorAll("time")].map((t) => t.textContent),
    ["2 min ago", "11:00"],
  );
});

test("an open form is warned once someone else deployed", () => {
  document.body.innerHTML = `<p data-live-id="d2" data-live-who="Ada, 5%"></p>
    <form data-change><p id="overtaken" hidden><b data-overtaken-by></b></p><input name="expected" value="d2"></form>`;
  updateNotes();
  assert.equal(document.getElementById("overtaken").hidden, true);
  document.querySelector("[data-live-id]").dataset.liveId = "d3";
  updateNotes();
  assert.equal(document.getElementById("overtaken").hidden, false);
  assert.equal(document.querySelector("[data-overtaken-by]").textContent, "Ada, 5%");
});

test("a quiet page is marked as last known, and as live again", () => {
  document.getElementById("main").innerHTML = '<span class="live">LIVE</span>';
  showStale(6000);
  assert.equal(document.querySelector(".live").textContent, "Last known");
  assert.match(
    document.querySelector("[data-stale]").textContent,
    /^Live updates stopped 6 s ago\./,
  );
  assert.equal(document.getElementById("stale").hidden, false);
  showLive();
  assert.equal(document.querySelector(".live").textContent, "LIVE");
  assert.equal(document.getElementById("stale").hidden, true);
  setMarks("x");
});
