// Follows what is live: parts pushed over one WebSocket, morphed into the page by id. Without a
// socket the page says so, asks again every few seconds and keeps working.
"use strict";

const BEAT_MS = 1000; // the server sends at least that often
const STALE_MS = 5000;
const live = { socket: null, heardAt: Date.now(), stale: false, tries: 0, sequences: new Map(), later: new Map() };

const topics = [...new Set([...document.querySelectorAll("[data-follow]")].map((e) => e.dataset.follow))];

/** Whether `a` was read before `b`: (revision, microseconds). */
function older(a, b) {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/** Parts that came over the socket. */
function show({ sequence, html, why }) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  let strangers = false;
  const sick = document.getElementById("live")?.dataset.sick;
  for (const fresh of holder.content.children) {
    const old = document.getElementById(fresh.id);
    const last = live.sequences.get(fresh.id) ?? live.sequences.get("page");
    if (last && older(sequence, last)) continue;
    live.sequences.set(fresh.id, sequence);
    if (old) apply(old, fresh);
    else strangers ||= fresh.nodeName === "TR";
  }
  follow();
  document.dispatchEvent(new Event("live:shown"));
  ages(true); // what was pushed is newer than the rest: one event has one age
  const missed = sequence[0] > live.revision;
  live.revision = Math.max(live.revision, sequence[0]);
  const turned = sick !== document.getElementById("live")?.dataset.sick; // then other buttons come first
  if (why === "deployment" || strangers || turned || outdated()) refetchOwn();
  else if (missed) refetchAll(); // deployed while the page was on its way
}

/** Whether buttons were made for an earlier turn of a rollout than the one that was pushed. */
function outdated() {
  const turn = document.getElementById("rollout")?.dataset.madeFor;
  return [...document.querySelectorAll("[data-own][data-made-for]")].some((own) => own.dataset.madeFor !== turn);
}

/** What else on the page depends on what is live: the stopwatch, an open form. */
function follow() {
  const meter = document.getElementById("meter");
  const watch = document.querySelector(".toast [data-stopwatch]");
  if (meter && watch && watch.textContent !== meter.dataset.stopwatch) watch.textContent = meter.dataset.stopwatch;
  const form = document.querySelector("form[data-change], form[data-follows]");
  if (!form) return;
  const now = document.querySelector("[data-live-id]");
  warn(form.querySelector("#overtaken"), form.elements.expected.value, now?.dataset.liveId, "[data-overtaken-by]", now?.dataset.liveWho);
  const newest = document.getElementById("newest")?.dataset;
  warn(form.querySelector("#uploaded"), form.elements.latest?.value, newest?.newestId, "[data-uploaded]", newest?.newestWords);
}

/** Somebody was faster: said once, as an alert, in the form that this is about. */
function warn(note, opened, current, place, words) {
  if (!note || !current || opened === current) return;
  const line = note.querySelector(place);
  if (line.textContent !== words) line.textContent = words;
  note.hidden = false;
}

/** The page again, as this person sees it; null where it cannot be had. */
async function pageNow() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10_000) });
    if (!answer.ok || new URL(answer.url).pathname.startsWith("/accounts/login")) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

/** Takes over `which` parts of a page; `own` are those that depend on this person. */
function take(page, which, own) {
  const sequence = page.querySelector("[data-sequence]")?.dataset.sequence.split(" ").map(Number);
  for (const fresh of page.querySelectorAll(which)) {
    const old = document.getElementById(fresh.id);
    if (!old || (fresh.parentElement.closest(which) && which !== OWN)) continue;
    // A list keeps its order while the same rows are in it: nothing moves under somebody's hands.
    if (old.hasAttribute("data-steady") && rows(old) === rows(fresh)) continue;
    if (sequence && !own) live.sequences.set(fresh.id, sequence);
    apply(old, document.importNode(fresh, true), own);
  }
}

const OWN = "[data-own]";
const PARTS = "#worker-state, #live, #versions, #history, #live-strip, #newest, #meter, #edges-pill, #rollout";

async function refetch(which) {
  const page = await pageNow();
  if (!page) return false;
  if (which !== OWN) take(page, PARTS, false);
  take(page, OWN, true);
  window.htmx?.process(document.body);
  follow();
  return true;
}
const refetchOwn = () => refetch(OWN);
const refetchAll = () => refetch();
const rows = (list) => [...list.querySelectorAll("tr[id]")].map((row) => row.id).sort().join();

/* The socket */

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const asked = topics.map((t) => `topic=${encodeURIComponent(t)}`).join("&");
  const socket = (live.socket = new WebSocket(`${scheme}//${location.host}/live/?${asked}`));
  socket.addEventListener("open", async () => {
    live.heardAt = Date.now();
    if (live.tries) await refetchAll();
    live.tries = 0;
    fresh();
  });
  socket.addEventListener("message", (event) => {
    if (socket !== live.socket) return;
    live.heardAt = Date.now();
    const message = JSON.parse(event.data);
    if (message.html) show(message);
  });
  socket.addEventListener("close", (event) => {
    if (socket !== live.socket) return;
    live.socket = null;
    if (event.code === 4401) location.reload();
    live.nextAt = Date.now() + Math.min(500 * 2 ** live.tries++, 5000);
  });
}

function tick() {
  const now = Date.now();
  const quiet = now - live.heardAt;
  if (live.socket && quiet > STALE_MS) live.socket.close(); // asleep, or cut without a word
  if (!live.socket && now >= (live.nextAt ?? 0) && !document.hidden) connect();
  if (quiet > STALE_MS) stale(quiet);
  else if (!live.stale) connection(`Connected, ${(quiet / 1000).toFixed(1)} s ago`);
  ages();
}

function retry() {
  if (document.hidden) return;
  live.nextAt = 0;
  tick();
}

function connection(words) {
  const line = document.getElementById("connection");
  if (!line) return;
  line.hidden = false;
  line.querySelector("[data-connection]").textContent = words;
}

/* Not live: LIVE becomes "Last known", numbers are dated, actions stay */

function stale(quiet) {
  if (!live.stale) {
    live.stale = true;
    live.polledAt = Date.now();
    live.seenAt = new Date(live.heardAt);
    document.documentElement.classList.add("is-stale");
    marks("Last known");
    banner().hidden = false;
    announce("Live updates stopped. Trying again.");
  }
  connection("Not connected");
  const wait = Math.max(0, Math.ceil(((live.nextAt ?? 0) - Date.now()) / 1000));
  banner().querySelector("[data-stale]").textContent =
    `Live updates stopped ${Math.round(quiet / 1000)} s ago. What you see is from ` +
    `${live.seenAt.toLocaleTimeString("en-GB")}. Trying again${wait ? ` in ${wait} s` : ""}.`;
  if (Date.now() - live.polledAt > STALE_MS) poll();
}

async function poll() {
  live.polledAt = Date.now();
  if (!(await refetchAll())) return;
  live.seenAt = new Date();
  live.nextAt = 0; // it answers again: so does the socket
}

function marks(words) {
  for (const mark of document.querySelectorAll(".live")) mark.textContent = words;
}

function fresh() {
  if (!live.stale) return;
  live.stale = false;
  document.documentElement.classList.remove("is-stale");
  marks("LIVE");
  banner().hidden = true;
  announce("Live again.");
}

function banner() {
  let found = document.getElementById("stale");
  if (found) return found;
  found = document.createElement("div");
  found.id = "stale";
  found.className = "stale is-warn";
  found.hidden = true;
  found.setAttribute("role", "region");
  found.setAttribute("aria-label", "Live updates");
  found.innerHTML = '<span data-stale></span><button type="button" class="button button-row">Try now</button>';
  found.querySelector("button").addEventListener("click", () => { live.nextAt = 0; poll(); });
  document.body.append(found);
  return found;
}

/* Relative times grow older on a page that is open all day; absolute ones stay */

function ages(now = false) {
  if (!now && ages.at && Date.now() - ages.at < 5000) return;
  ages.at = Date.now();
  for (const time of document.querySelectorAll("main time[datetime], dialog time[datetime]")) {
    if (!/( ago|just now)$/.test(time.textContent.trim())) continue;
    const seconds = Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000);
    const [size, unit] = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]].find(([s]) => seconds >= s) ?? [1, ""];
    const words = unit ? `${Math.floor(seconds / size)} ${unit} ago` : "just now";
    const line = time.closest("[data-redraw]") ?? time;
    if (time.textContent === words || holds(line)) continue;
    time.textContent = words;
    if (line !== time) line.replaceWith(line.cloneNode(true));
  }
}

if (topics.length) {
  const sequence = document.querySelector("[data-sequence]")?.dataset.sequence.split(" ").map(Number);
  if (sequence) live.sequences.set("page", sequence);
  live.revision = sequence?.[0] ?? Infinity;
  connect();
  setInterval(tick, BEAT_MS / 2);
  // Who comes back to this tab, or online, does not wait for a timer that the browser slows down.
  document.addEventListener("visibilitychange", retry);
  addEventListener("online", retry);
  document.addEventListener("htmx:afterSettle", follow);
}
