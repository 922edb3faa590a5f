// @ts-check
// Parts that the server pushed.
import { all, byId } from "../dom.js";
import { updateAges } from "./ages.js";
import { updateNotes } from "./form_notes.js";
import { apply } from "./parts.js";
import { refetchAll, refetchOwn } from "./refetch.js";
import { accept, live } from "./state.js";

/** @typedef {{ sequence: import("./state.js").Sequence, html: string, why: string }} Push */

/** @param {Push} push */
export function showPush({ sequence, html, why }) {
  const stateBefore = byId("live")?.dataset.sick;
  const hasNewRows = applyParts(html, sequence);
  updateNotes();
  document.dispatchEvent(new Event("live:updated"));
  updateAges(true); // what was pushed is newer than the rest: one event has one age
  const wasMissed = sequence[0] > live.revision; // deployed while the page was on its way
  live.revision = Math.max(live.revision, sequence[0]);
  const hasTurned = stateBefore !== byId("live")?.dataset.sick; // other buttons come first then
  if (why === "deployment" || hasNewRows || hasTurned || hasOldButtons()) refetchOwn();
  else if (wasMissed) refetchAll();
}

/**
 * Whether there are rows that this page does not have.
 * @param {string} html
 * @param {import("./state.js").Sequence} sequence
 */
function applyParts(html, sequence) {
  const template = document.createElement("template");
  template.innerHTML = html;
  let hasNewRows = false;
  for (const fresh of template.content.children) {
    if (!accept(fresh.id, sequence)) continue;
    const old = byId(fresh.id);
    if (old) apply(old, fresh);
    else hasNewRows ||= fresh.nodeName === "TR";
  }
  return hasNewRows;
}

/** Whether buttons were made for an earlier turn of a rollout than the one that was pushed. */
function hasOldButtons() {
  const turn = byId("rollout")?.dataset.madeFor;
  return all("[data-own][data-made-for]").some((own) => own.dataset.madeFor !== turn);
}
