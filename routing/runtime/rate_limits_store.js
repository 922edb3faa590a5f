// Counts for the rate limiting bindings of all Workers of one edge, in memory. Bindings with the
// same namespace_id share counts; workerd sets the header with the namespace's capability, so no
// other namespace can be reached.
//
// A count is for one key in one window of 10 or 60 seconds, aligned to the clock. Beyond MOST_BYTES
// the namespace with the most keys loses those that were counted longest ago, so that one Worker's
// many keys cost no other Worker's counts.
import { subjectOf } from "./capability.js";

const HEADER = "x-sluice-rate-limit";
const OVERHEAD = 96; // bytes of memory for a count, beside its key
const LONGEST = 3600; // seconds of a period
const LARGEST = 4096; // bytes of a request; the binding hashes long keys

/** By namespace and period. The order of `counts` is that of use.
 *  @type {Map<string, {epoch: number, period: number, counts: Map<string, number>, bytes: number}>} */
const windows = new Map();
let total = 0;

export default {
  async fetch(request, env) {
    const namespace = await subjectOf(request.headers.get(HEADER), env.KEY);
    if (namespace === null) return new Response(null, { status: 403 });
    if (request.method !== "POST") return new Response(null, { status: 405 });
    // The binding checks its options; a process that was taken over may send anything.
    const length = Number(request.headers.get("content-length") ?? Infinity);
    if (!(length <= LARGEST)) return new Response(null, { status: 413 });
    const { key, limit, period } = (await request.json().catch(() => null)) ?? {};
    const isPeriod = Number.isInteger(period) && period > 0 && period <= LONGEST;
    if (typeof key !== "string" || typeof limit !== "number" || !isPeriod)
      return new Response(null, { status: 400 });
    const now = Date.now();
    const success = take(windowOf(namespace, period, now), key, limit);
    shrink(Number(env.MOST_BYTES));
    return Response.json({ success });
  },
};

function windowOf(namespace, period, now) {
  const name = `${namespace}/${period}`;
  const epoch = Math.floor(now / (period * 1000));
  const known = windows.get(name);
  if (known?.epoch === epoch) return known;
  for (const [other, { epoch, period, bytes }] of windows) {
    if (epoch === Math.floor(now / (period * 1000))) continue;
    total -= bytes;
    windows.delete(other);
  }
  const started = { epoch, period, counts: new Map(), bytes: 0 };
  windows.set(name, started);
  return started;
}

/** Whether one more is within the limit; then it is counted. */
function take(window, key, limit) {
  const count = window.counts.get(key);
  if ((count ?? 0) >= limit) return false;
  if (count === undefined) grow(window, size(key));
  else window.counts.delete(key);
  window.counts.set(key, (count ?? 0) + 1);
  return true;
}

function shrink(most) {
  while (total > most) {
    let largest = null;
    for (const window of windows.values())
      if (!largest || window.bytes > largest.bytes) largest = window;
    for (const oldest of largest.counts.keys()) {
      largest.counts.delete(oldest);
      grow(largest, -size(oldest));
      if (total <= most) return;
      break;
    }
  }
}

function grow(window, bytes) {
  window.bytes += bytes;
  total += bytes;
}

const size = (key) => 2 * key.length + OVERHEAD;
