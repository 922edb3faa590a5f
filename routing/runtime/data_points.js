// A dataset of Analytics Engine: writeDataPoint() returns at once; points go to the state process
// after the request, in batches. Points that cannot be sent are counted, and the next batch has the
// number. No request waits or fails for them.
//
// Inner binding: fetcher.
import workers from "cloudflare-internal:workers";

const COUNT = 20, LONGEST_INDEX = 96, LARGEST = 16 * 1024; // Cloudflare's limits
const MOST_WAITING = 2000; // points in memory
const MOST_AT_ONCE = 500;
const MOST_SENDING = 8; // requests at a time
const TIMEOUT_MS = 10_000;
const encoder = new TextEncoder(), decoder = new TextDecoder();

export default function dataset(env) {
  let waiting = [], lost = 0, isScheduled = false;
  let sending = []; // when each request began; one whose context ended never reports back

  async function send(points, missing) {
    try {
      const answer = await env.fetcher.fetch("http://dataset/points", {
        method: "POST",
        body: JSON.stringify({ points, lost: missing }),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await answer.body?.cancel();
      if (answer.ok) return true;
    } catch {
      // The state process is away.
    }
    lost += points.length + missing;
    return false;
  }

  async function flush() {
    isScheduled = false;
    const now = Date.now();
    sending = sending.filter((began) => now - began < TIMEOUT_MS);
    if (sending.length >= MOST_SENDING) return; // one of those takes these points too
    sending.push(now);
    while (waiting.length) {
      const points = waiting.splice(0, MOST_AT_ONCE);
      const missing = lost;
      lost = 0;
      if (!(await send(points, missing))) break;
    }
    const place = sending.indexOf(now);
    if (place >= 0) sending.splice(place, 1);
  }

  return {
    writeDataPoint(point = {}) {
      const checked = pointOf(point);
      if (waiting.length >= MOST_WAITING) {
        lost++;
        return;
      }
      waiting.push(checked);
      if (isScheduled) return;
      isScheduled = true;
      try {
        workers.waitUntil(Promise.resolve().then(flush));
      } catch {
        isScheduled = false; // outside of a request: the next one sends it
      }
    },
  };
}

/** Throws a TypeError for what Cloudflare refuses, too. */
function pointOf(point) {
  if (typeof point !== "object" || point === null) refuse("the data point must be an object");
  const [index = ""] = list(point.indexes, "indexes", 1).map((item) => text(item, "indexes"));
  if (encoder.encode(index).byteLength > LONGEST_INDEX)
    refuse(`an index has at most ${LONGEST_INDEX} bytes`);
  const blobs = list(point.blobs, "blobs", COUNT).map((item) => text(item, "blobs"));
  const bytes = blobs.reduce((sum, blob) => sum + encoder.encode(blob).byteLength, 0);
  if (bytes > LARGEST) refuse(`the blobs have at most ${LARGEST} bytes together`);
  const doubles = list(point.doubles, "doubles", COUNT).map(number);
  return { t: Date.now() / 1000, i: index, b: blobs, d: doubles };
}

function list(value, name, most) {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) refuse(`${name} must be an array`);
  if (value.length > most) refuse(`at most ${most} ${name} are supported`);
  return value;
}

function text(value, name) {
  if (value === null || value === undefined) return "";
  if (typeof value === "string") return value.toWellFormed();
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return decoder.decode(value);
  return refuse(`${name} must be strings or ArrayBuffers`);
}

function number(value) {
  if (typeof value === "boolean" || typeof value === "number") return finite(Number(value));
  return refuse("doubles must be numbers");
}

const finite = (value) => (Number.isFinite(value) ? value : 0);

function refuse(reason) {
  throw new TypeError(`writeDataPoint(): ${reason}`);
}
