// @ts-check
// Pages that are live: the server pushes parts over one WebSocket. Without a socket the page shows
// that, polls every few seconds and keeps working.
import { all } from "../dom.js";
import { updateAges } from "./ages.js";
import { updateNotes } from "./form_notes.js";
import { startCatchingUp } from "./parts.js";
import { showPush } from "./push.js";
import { refetchAll } from "./refetch.js";
import { STALE_MS, showConnection, showLive, showStale } from "./stale.js";
import { live, sequenceOf } from "./state.js";

const BEAT_MS = 1000; // the server sends at least that often
const MAX_WAIT_MS = 5000;
const SESSION_ENDED = 4401;

const topics = [...new Set(all("[data-follow]").map((element) => element.dataset.follow ?? ""))];

function connect() {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const query = topics.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&");
  const socket = new WebSocket(`${scheme}//${location.host}/live/?${query}`);
  live.socket = socket;
  socket.addEventListener("open", async () => {
    live.heardAt = Date.now();
    if (live.tries) await refetchAll();
    live.tries = 0;
    showLive();
  });
  socket.addEventListener("message", (event) => {
    if (socket !== live.socket) return;
    live.heardAt = Date.now();
    const message = JSON.parse(event.data);
    if (message.html) showPush(message);
  });
  socket.addEventListener("close", (event) => {
    if (socket !== live.socket) return;
    live.socket = null;
    if (event.code === SESSION_ENDED) location.reload();
    live.nextAt = Date.now() + Math.min(500 * 2 ** live.tries++, MAX_WAIT_MS);
  });
}

function tick() {
  const now = Date.now();
  const quiet = now - live.heardAt;
  if (live.socket && quiet > STALE_MS) live.socket.close(); // asleep, or cut without a close
  if (!live.socket && now >= live.nextAt && !document.hidden) connect();
  if (quiet > STALE_MS) showStale(quiet);
  else if (!live.stale) showConnection(`Connected, ${(quiet / 1000).toFixed(1)} s ago`);
  updateAges();
}

function retry() {
  if (document.hidden) return;
  live.nextAt = 0;
  tick();
}

function start() {
  const sequence = sequenceOf(document);
  if (sequence) live.sequences.set("page", sequence);
  live.revision = sequence?.[0] ?? Infinity;
  connect();
  setInterval(tick, BEAT_MS / 2);
  // Back in this tab, or online: the browser slows timers down, so do not wait for one.
  document.addEventListener("visibilitychange", retry);
  addEventListener("online", retry);
  document.addEventListener("htmx:afterSettle", updateNotes);
}

startCatchingUp();
if (topics.length) start();
