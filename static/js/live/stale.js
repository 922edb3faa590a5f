// @ts-check
// Not live: LIVE becomes "Last known", numbers are dated, actions stay, and the page polls.
import { announce } from "../announce.js";
import { byId, need } from "../dom.js";
import { refetchAll } from "./refetch.js";
import { live, setMarks } from "./state.js";

export const STALE_MS = 5000;

/** The line about the connection in the sidebar. @param {string} text */
export function showConnection(text) {
  const line = byId("connection");
  if (!line) return;
  line.hidden = false;
  need("[data-connection]", line).textContent = text;
}

/** @param {number} quiet milliseconds since the last message */
export function showStale(quiet) {
  if (!live.stale) becomeStale();
  showConnection("Not connected");
  const seconds = Math.max(0, Math.ceil((live.nextAt - Date.now()) / 1000));
  need("[data-stale]", banner()).textContent =
    `Live updates stopped ${Math.round(quiet / 1000)} s ago. What you see is from ` +
    `${live.seenAt.toLocaleTimeString("en-GB")}. Trying again${seconds ? ` in ${seconds} s` : ""}.`;
  if (Date.now() - live.polledAt > STALE_MS) poll();
}

function becomeStale() {
  live.stale = true;
  live.polledAt = Date.now();
  live.seenAt = new Date(live.heardAt);
  document.documentElement.classList.add("is-stale");
  setMarks("Last known");
  banner().hidden = false;
  announce("Live updates stopped. Trying again.");
}

export function showLive() {
  if (!live.stale) return;
  live.stale = false;
  document.documentElement.classList.remove("is-stale");
  setMarks("LIVE");
  banner().hidden = true;
  announce("Live again.");
}

async function poll() {
  live.polledAt = Date.now();
  if (!(await refetchAll())) return;
  live.seenAt = new Date();
  live.nextAt = 0; // the dashboard answers again, so the socket will
}

function banner() {
  const existing = byId("stale");
  if (existing) return existing;
  const created = document.createElement("div");
  created.id = "stale";
  created.className = "stale is-warn";
  created.hidden = true;
  created.setAttribute("role", "region");
  created.setAttribute("aria-label", "Live updates");
  created.innerHTML =
    '<span data-stale></span><button type="button" class="button button-row">Try now</button>';
  need("button", created).addEventListener("click", () => {
    live.nextAt = 0;
    poll();
  });
  document.body.append(created);
  return created;
}
