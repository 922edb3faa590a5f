// Finds the version that an object is assigned to. The agent answers with
// {"ranges": [[slot, first bucket, end], …], "edge": name}; `edge` is another edge that has the
// Worker's objects, or "".
import { bucket, holds, process } from "sluice-internal:objects-assignment";

const FRESH_MS = 1000;
const WAIT_MS = 15_000; // for a hand-over, or a version that starts
const TIMEOUT_MS = 3000;
const MOST_HOPS = 3;

export class Router {
  #ranges = [];
  #edge = "";
  #refreshedAt = -Infinity;

  /** `env`: control, path, slot0 … slotN. `isOwn`: of the Worker that this process runs. */
  constructor(env, isOwn) {
    this.env = env;
    this.isOwn = isOwn;
  }

  /** Where the object's calls go: null is this process. `hops` are processes that forwarded it. */
  async find(id, hops) {
    const until = Date.now() + WAIT_MS;
    for (let turn = 0; ; turn++) {
      if (this.isOwn && holds(id)) return null;
      const slot = await this.#slotOf(bucket(id), turn || hops ? 0 : FRESH_MS);
      const isHere = this.isOwn && slot === process.slot && !process.isLeaving;
      if (slot !== null && !isHere && hops < MOST_HOPS) return this.env[`slot${slot}`];
      if (Date.now() > until) throw unavailable();
      await scheduler.wait(Math.min(2 << turn, 100));
    }
  }

  /** null if its version does not run. */
  async #slotOf(point, mostAge) {
    if (Date.now() - this.#refreshedAt >= mostAge) await this.#refresh();
    if (this.#edge) throw new Error(`The edge "${this.#edge}" has this Worker's Durable Objects.`);
    const found = this.#ranges.find(([, first, end]) => first <= point && point < end);
    return found ? found[0] : null;
  }

  async #refresh() {
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS);
      const response = await this.env.control.fetch("http://agent" + this.env.path, { signal });
      if (!response.ok) return;
      ({ ranges: this.#ranges, edge: this.#edge } = await response.json());
      this.#refreshedAt = Date.now();
    } catch {
      // The agent is away: its last answer still holds.
    }
  }
}

function unavailable() {
  const error = new Error("The version that this Durable Object is assigned to does not run. Try again.");
  error.retryable = true;
  return error;
}
