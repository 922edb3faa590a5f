// The live log: rows come over a WebSocket, ready rendered, and are put on top. Paused, they wait
// in a bounded queue. What a Worker said may come before or after its row.
"use strict";

(() => {
  const MOST_ROWS = 200, MOST_WAITING = 500, MOST_ORPHANS = 200, AGAIN_MS = [500, 1000, 2000, 5000];
  const box = document.getElementById("log-rows");
  const body = document.getElementById("log-body");
  if (!box || !body) return;
  const state = document.getElementById("log-state");
  const pause = document.getElementById("log-pause");
  const note = document.querySelector("#log-missed span");
  let waiting = [], paused = false, missed = 0, tries = 0, shown = 0;
  const orphans = new Map();

  function say(words, live) {
    state.textContent = words;
    state.classList.toggle("is-live", live);
  }

  function row(html) {
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    return template.content.firstElementChild;
  }

  function addSaid(place, html) {
    const found = body.querySelector(`[data-place="${CSS.escape(place)}"] [data-said]`);
    if (found) {
      found.insertAdjacentHTML("beforeend", html);
      return;
    }
    orphans.set(place, (orphans.get(place) ?? "") + html);
    if (orphans.size > MOST_ORPHANS) orphans.delete(orphans.keys().next().value);
  }

  // What holds the keyboard's focus or a selection stays where it is.
  function isRead() {
    const selection = document.getSelection();
    return body.contains(document.activeElement) || (!selection.isCollapsed && body.contains(selection.anchorNode));
  }

  function show() {
    if (paused || !waiting.length || isRead()) return tell();
    const fragment = document.createDocumentFragment();
    const newest = waiting.slice(-MOST_ROWS);
    missed += waiting.length - newest.length;
    waiting = [];
    for (const html of newest) {
      const made = row(html);
      if (!made || document.getElementById(made.id)) continue;
      const late = orphans.get(made.dataset.place);
      if (late) {
        made.querySelector("[data-said]").insertAdjacentHTML("beforeend", late);
        orphans.delete(made.dataset.place);
      }
      fragment.prepend(made);
      shown++;
    }
    body.prepend(fragment);
    while (body.rows.length > MOST_ROWS) body.rows[body.rows.length - 1].remove();
    tell();
  }

  function tell() {
    const parts = [`${body.rows.length} shown`];
    if (waiting.length) parts.push(`${waiting.length} waiting`);
    if (missed) parts.push(`${missed} left out, because they came too fast`);
    note.textContent = parts.join(", ") + ".";
  }

  function take(message) {
    waiting.push(...message.rows);
    missed += message.missed;
    if (waiting.length > MOST_WAITING) missed += waiting.splice(0, waiting.length - MOST_WAITING).length;
    show();
    for (const { place, html } of message.said) addSaid(place, html);
  }

  function connect() {
    const address = new URL(box.dataset.log, location.href);
    address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address);
    socket.addEventListener("open", () => { tries = 0; say(paused ? "Paused" : "Streaming", !paused); });
    socket.addEventListener("message", (event) => take(JSON.parse(event.data)));
    socket.addEventListener("close", () => {
      say("Not connected", false);
      setTimeout(connect, AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)]);
    });
  }

  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    pause.querySelector("span").textContent = paused ? "Resume" : "Pause";
    say(paused ? "Paused" : "Streaming", !paused);
    announce(paused ? "Paused" : "Streaming again");
    show();
  });
  setInterval(show, 500);
  connect();
})();
