// Runs beside the Worker's code, in the same process and an isolate of its own. Sends what requests
// had to say to the agent in batches: one POST in flight, a bounded queue, and whatever is left out
// is counted. A response never waits for it.
//
// The agent answers each POST with how much it wants to hear for now:
//   all      every request                  (somebody is looking at this Worker)
//   notable  console lines, exceptions, failures, and RPC, cron, queue and alarm events, which no
//            access log has
//   errors   exceptions and failures        (the edge is busy)
//   off      nothing
// An answer holds for FRESH_MS. Later requests are sent whole until there is a new one, so that
// whoever begins to look misses nothing; the agent throws away what it did not want.
const MAX_ITEMS = 1000, MAX_BYTES = 1 << 20, MAX_ONE = 256 << 10;
const WAIT_MS = 100, ASK_MS = 5, FRESH_MS = 500, TIMEOUT_MS = 2000;
let queue = [], bytes = 0, dropped = 0, skipped = 0, sending = false;
let level = "notable", told = -Infinity;

async function post(env, lines, lost, left) {
  try {
    const response = await env.AGENT.fetch("http://agent/tail", {
      method: "POST",
      headers: {
        "x-edge-version": env.VERSION, "x-edge-dropped": String(lost), "x-edge-skipped": String(left),
      },
      body: lines.length ? lines.join("\n") + "\n" : "",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.body) await response.body.cancel();
    if (!response.ok) throw new Error(response.status);
    level = response.headers.get("x-edge-level") ?? level;
    told = Date.now();
    return true;
  } catch {
    dropped += lost + lines.length;
    skipped += left;
    return false; // the agent is away: the next request tries again
  }
}

async function send(env, wait) {
  try {
    for (;; wait = WAIT_MS) {
      await scheduler.wait(wait);
      if (!queue.length && !dropped && Date.now() - told < FRESH_MS) return;
      const lines = queue, lost = dropped, left = skipped;
      queue = []; bytes = dropped = skipped = 0;
      if (!(await post(env, lines, lost, left))) return;
    }
  } finally {
    sending = false;
  }
}

/** The item as it is shown: undefined for what our own code does (objects/), an alarm for the request
 *  that rings it. */
function shown(item) {
  if (item.entrypoint?.startsWith("__Sluice")) return undefined;
  const url = item.event?.request?.url;
  if (!url?.startsWith("http://objects.invalid/")) return item;
  const [, command, at] = url.slice("http://objects.invalid/".length).split("/");
  return command === "alarm" ? { ...item, event: { alarm: true, scheduledTime: Number(at) } } : undefined;
}

function wanted(item) {
  if (level === "all") return true;
  const failed = item.outcome !== "ok" || item.exceptions.length > 0;
  if (failed) return level !== "off";
  const { rpcMethod, cron, queue, alarm } = item.event ?? {};
  const marks = [rpcMethod, cron, queue, alarm];
  const speaks = item.logs.length > 0 || marks.some((it) => it !== undefined);
  if (!speaks) return false;
  if (level === "notable") return true;
  skipped++;
  return false;
}

export default {
  tail(items, env, ctx) {
    const end = Date.now(); // workerd leaves wallTime and cpuTime at 0
    const stale = end - told >= FRESH_MS;
    for (const item of items.map(shown)) {
      if (!item || (!stale && !wanted(item))) continue;
      const line = JSON.stringify({ ...item, end });
      const room = queue.length < MAX_ITEMS && bytes + line.length <= MAX_BYTES;
      if (line.length > MAX_ONE || !room) {
        dropped++;
        continue;
      }
      queue.push(line);
      bytes += line.length;
    }
    if (!sending && (queue.length || dropped || stale)) {
      sending = true;
      ctx.waitUntil(send(env, stale ? ASK_MS : WAIT_MS));
    }
  },
};
