// @ts-check
// The live log: rendered rows arrive over a WebSocket and are put on top. Paused, they wait in a
// bounded queue. A Worker's own lines may come before or after its row.
import { announce } from "./announce.js";
import { byId, first, need } from "./dom.js";
import { LogFeed, MAX_ROWS } from "./log_feed.js";

const RETRY_MS = [500, 1000, 2000, 5000];

/** @typedef {{ rows: string[], missed: number, said: { place: string, html: string }[] }} Message */

/** @param {HTMLElement} box @param {HTMLTableSectionElement} body */
function start(box, body) {
  const state = need("#log-state");
  const pause = need("#log-pause");
  const note = need("#log-missed span");
  const feed = new LogFeed();
  let isPaused = false;
  let tries = 0;

  /** @param {string} text @param {boolean} isLive */
  function setState(text, isLive) {
    state.textContent = text;
    state.classList.toggle("is-live", isLive);
  }

  /** @param {string} html @returns {HTMLElement | null} */
  function rowOf(html) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    return first("tr", template.content);
  }

  /** @param {string} place @param {string} html */
  function addLines(place, html) {
    const lines = first(`[data-place="${CSS.escape(place)}"] [data-said]`, body);
    if (lines) lines.insertAdjacentHTML("beforeend", html);
    else feed.addEarly(place, html);
  }

  /** Whether a row has the focus or a selection: nothing moves then. */
  function isInUse() {
    const selection = getSelection();
    const isSelected = selection && !selection.isCollapsed && body.contains(selection.anchorNode);
    return isSelected || body.contains(document.activeElement);
  }

  function show() {
    if (!isPaused && feed.waiting && !isInUse()) {
      const fragment = document.createDocumentFragment();
      for (const html of feed.takeRows()) prepend(fragment, html);
      body.prepend(fragment);
      while (body.rows.length > MAX_ROWS) body.rows[body.rows.length - 1].remove();
    }
    showCounts();
  }

  /** @param {DocumentFragment} fragment @param {string} html */
  function prepend(fragment, html) {
    const row = rowOf(html);
    if (!row || byId(row.id)) return;
    const early = feed.takeEarly(row.dataset.place ?? "");
    if (early) need("[data-said]", row).insertAdjacentHTML("beforeend", early);
    fragment.prepend(row);
  }

  function showCounts() {
    const parts = [`${body.rows.length} shown`];
    if (feed.waiting) parts.push(`${feed.waiting} waiting`);
    if (feed.missed) parts.push(`${feed.missed} left out, because they came too fast`);
    note.textContent = `${parts.join(", ")}.`;
  }

  /** @param {Message} message */
  function receive(message) {
    feed.add(message.rows, message.missed);
    show();
    for (const { place, html } of message.said) addLines(place, html);
  }

  function connect() {
    const address = new URL(box.dataset.log ?? "", location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    socket.addEventListener("open", () => {
      tries = 0;
      setState(isPaused ? "Paused" : "Streaming", !isPaused);
    });
    socket.addEventListener("message", (event) => receive(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      setState("Not connected", false);
      setTimeout(connect, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
    });
  }

  pause.addEventListener("click", () => {
    isPaused = !isPaused;
    pause.setAttribute("aria-pressed", String(isPaused));
    need("span", pause).textContent = isPaused ? "Resume" : "Pause";
    setState(isPaused ? "Paused" : "Streaming", !isPaused);
    announce(isPaused ? "Paused" : "Streaming again");
    show();
  });
  setInterval(show, 500);
  connect();
}

const box = byId("log-rows");
/** @type {HTMLTableSectionElement | null} */
const body = first("#log-body");
if (box && body) start(box, body);
