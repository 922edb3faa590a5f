// Runs beside the Worker's code, in the same process and an isolate of its own. Sends what requests
// had to say to the agent in batches: one POST in flight, a bounded queue, and whatever is left out
// is counted. A response never waits for it.
//
// The agent answers each POST with how much it wants to hear for now:
//   all      every request                  (a page shows the log of this Worker)
//   notable  console lines, exceptions, failures, and RPC, cron, queue and alarm events, which no
//            access log has
//   errors   exceptions and failures        (the edge is busy)
//   off      nothing
// and with the Tail Workers of this one (`tail_consumers`), which get every event through Envoy.
// An answer holds for FRESH_MS. Later requests are sent whole until there is a new one, so that
// a page that opens misses nothing; the agent throws away what it did not want.
const MAX_ITEMS = 1000, MAX_BYTES = 1 << 20, MAX_ONE = 256 << 10;
const MAX_BATCH = 100, CONSUMER_MS = 30_000;
const WAIT_MS = 100, ASK_MS = 5, FRESH_MS = 500, TIMEOUT_MS = 2000;
let queue = [], bytes = 0, dropped = 0, skipped = 0, sending = false;
let level = "notable", told = -Infinity;
// Tail Workers by name, and events from before it was known whether there are any.
let consumers = new Map(), early = [];
const PROPS = "__sluice_props", TAIL = "__sluice_tail", OURS = /^x-(edge|sluice)-/;

async function post(env, lines, lost, left) {
  try {
    const response = await env.AGENT.fetch("http://agent/tail", {
      method: "POST",
      headers: {
        "x-edge-version": env.VERSION.id, "x-edge-dropped": String(lost), "x-edge-skipped": String(left),
      },
      body: lines.length ? lines.join("\n") + "\n" : "",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (response.body) await response.body.cancel();
    if (!response.ok) throw new Error(response.status);
    level = response.headers.get("x-edge-level") ?? level;
    told = Date.now();
    follow(env, response.headers.get("x-edge-consumers"));
    return true;
  } catch {
    dropped += lost + lines.length;
    skipped += left;
    return false; // the agent is away: the next request tries again
  }
}

async function send(env, ctx, wait) {
  try {
    for (;; wait = WAIT_MS) {
      await scheduler.wait(wait);
      if (!queue.length && !dropped && Date.now() - told < FRESH_MS) return;
      const lines = queue, lost = dropped, left = skipped;
      queue = []; bytes = dropped = skipped = 0;
      if (!(await post(env, lines, lost, left))) return;
      flushAll(ctx);
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

function follow(env, names) {
  const listed = names ? names.split(",") : [];
  consumers = new Map(listed.map((name) => [name, consumers.get(name) ?? new Consumer(env, name)]));
  for (const event of early.splice(0)) forward(event);
}

function forward(event) {
  for (const consumer of consumers.values()) consumer.push(event);
}

function flushAll(ctx) {
  for (const consumer of consumers.values()) consumer.flush(ctx);
}

// One POST in flight, with what came meanwhile.
class Consumer {
  #queue = [];
  #bytes = 0;
  #sending = false;

  constructor(env, name) {
    this.env = env;
    this.name = name;
  }

  push(event) {
    if (this.#queue.length >= MAX_ITEMS || this.#bytes + event.length > MAX_BYTES) return dropped++;
    this.#queue.push(event);
    this.#bytes += event.length;
  }

  // In the context of one request until the queue is empty; others add to it.
  flush(ctx) {
    if (this.#sending || !this.#queue.length) return;
    this.#sending = true;
    ctx.waitUntil(this.#send().finally(() => (this.#sending = false)));
  }

  async #send() {
    while (this.#queue.length) {
      const events = this.#queue.splice(0, MAX_BATCH);
      this.#bytes -= events.reduce((sum, event) => sum + event.length, 0);
      try {
        const response = await this.env.EDGE.fetch("http://tail/", {
          method: "POST",
          headers: {
            "x-edge-worker": `${this.name}/${TAIL}`, "x-edge-caller": this.env.VERSION.id,
            "x-edge-producer": this.env.WORKER,
          },
          body: `[${events.join(",")}]`,
          signal: AbortSignal.timeout(CONSUMER_MS),
        });
        if (response.body) await response.body.cancel();
        if (response.status === 503) dropped += events.length; // no version of it runs here
      } catch {
        dropped += events.length;
      }
    }
  }
}

// As Tail Workers get it.
function event(item, end, env) {
  const { request } = item.event ?? {};
  const headers = Object.entries(request?.headers ?? {}).filter(([name]) => !OURS.test(name));
  const own = { scriptName: env.WORKER, scriptVersion: env.VERSION, wallTime: 0 };
  if (item.eventTimestamp) own.wallTime = Math.max(0, end - item.eventTimestamp);
  if (request) {
    own.event = { ...item.event, request: { ...request, headers: Object.fromEntries(headers) } };
  }
  return JSON.stringify({ ...item, ...own });
}

// An event of our own entrypoints, as the code sees it. Null: the call inside has one.
function unwrapped(given) {
  const item = shown(given);
  if (!item || item.entrypoint === PROPS) return null;
  if (item.entrypoint !== TAIL) return item;
  const scriptName = item.event?.request?.headers["x-edge-producer"] ?? null;
  return { ...item, entrypoint: null, event: { consumedEvents: [{ scriptName }] } };
}

function wanted(item) {
  if (level === "all") return true;
  const failed = item.outcome !== "ok" || item.exceptions.length > 0;
  if (failed) return level !== "off";
  const { rpcMethod, cron, queue, alarm, consumedEvents } = item.event ?? {};
  const marks = [rpcMethod, cron, queue, alarm, consumedEvents];
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
    for (const item of items.map(unwrapped)) {
      if (!item) continue;
      if ((consumers.size || stale) && !item.event?.consumedEvents) {
        const line = event(item, end, env);
        if (!stale) forward(line);
        else if (early.length < MAX_BATCH && line.length <= MAX_ONE) early.push(line);
        else dropped++;
      }
      if (!stale && !wanted(item)) continue;
      const line = JSON.stringify({ ...item, end });
      const room = queue.length < MAX_ITEMS && bytes + line.length <= MAX_BYTES;
      if (line.length > MAX_ONE || !room) {
        dropped++;
        continue;
      }
      queue.push(line);
      bytes += line.length;
    }
    flushAll(ctx);
    if (!sending && (queue.length || dropped || stale)) {
      sending = true;
      ctx.waitUntil(send(env, ctx, stale ? ASK_MS : WAIT_MS));
    }
  },
};
