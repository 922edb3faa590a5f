// @ts-check
// Gets the page again, as this person sees it, and swaps its parts in.
import { all, byId } from "../dom.js";
import { updateNotes } from "./form_notes.js";
import { apply } from "./parts.js";
import { live, sequenceOf } from "./state.js";

const OWN = "[data-own]"; // depends on the person
const PARTS =
  "#worker-state, #live, #versions, #history, #live-strip, #newest, #meter, #edges-pill, #rollout";

/** Null when the dashboard does not answer, or asks to sign in. */
async function fetchPage() {
  try {
    const options = { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(10_000) };
    const answer = await fetch(location.href, options);
    if (!answer.ok || new URL(answer.url).pathname.startsWith("/accounts/login")) return null;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return null;
  }
}

/** @param {HTMLElement} list */
const rowIds = (list) =>
  all("tr[id]", list)
    .map((row) => row.id)
    .sort()
    .join();

/** @param {Document} page @param {string} selector @param {boolean} own */
function applyParts(page, selector, own) {
  const sequence = sequenceOf(page);
  for (const fresh of all(selector, page)) {
    const old = byId(fresh.id);
    if (!old || (!own && fresh.parentElement?.closest(selector))) continue;
    // A list keeps its order while it has the same rows: nothing moves under a person's hands.
    if (old.hasAttribute("data-steady") && rowIds(old) === rowIds(fresh)) continue;
    if (sequence && !own) live.sequences.set(fresh.id, sequence);
    apply(old, document.importNode(fresh, true), own);
  }
}

/** @param {boolean} ownOnly */
async function refetch(ownOnly) {
  const page = await fetchPage();
  if (!page) return false;
  if (!ownOnly) applyParts(page, PARTS, false);
  applyParts(page, OWN, true);
  window.htmx?.process(document.body);
  updateNotes();
  return true;
}

export const refetchOwn = () => refetch(true);
export const refetchAll = () => refetch(false);
