// @ts-check
// The list of Workers by keyboard. Single letters never deploy, and can be switched off.
import { all, byId, closest, isPlain, singleKeys } from "../dom.js";

/** @param {KeyboardEvent} event */
function onKey(event) {
  if (!singleKeys() || !isPlain(event)) return;
  if (closest(event, "input, textarea, select, [role=menu], dialog")) return;
  const links = all(".workers .worker-name");
  const at = links.findIndex((link) => link.closest("tr")?.contains(document.activeElement));
  if (event.key === "/") byId("q")?.focus();
  else if (event.key === "j" && links.length) links[Math.min(at + 1, links.length - 1)].focus();
  else if (event.key === "k" && links.length) links[Math.max(at - 1, 0)].focus();
  else if (event.key === "p" && at >= 0) openPlayground(links[at].textContent ?? "");
  else return;
  event.preventDefault();
}

/** @param {string} worker */
function openPlayground(worker) {
  location.assign(`/playground/?worker=${encodeURIComponent(worker)}`);
}

document.addEventListener("keydown", onKey);
if (!singleKeys()) for (const hint of all("[data-single-keys]")) hint.remove();
