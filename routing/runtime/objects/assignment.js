// Which Durable Objects of its Worker this process may run, and which it runs. One copy per isolate,
// shared by the bindings (namespace.js) and the version's code (main.js).
//
// The agent assigns ranges of buckets (routing/rules/object_assignment.py). A process gives up a
// range by closing its objects, and only then the agent assigns it to another one.
const CLOSE_MS = 10_000; // longer, and the agent ends this process
const AT_ONCE = 50;
const LEAST_IDLE_MS = 120_000; // workerd has evicted an object long before
const MANY = 10_000;

/** Set by `own()` in namespace.js: {slot, natives, keys, router, version, instance, deletesAlarms}.
 *  `isLeaving`: another process of this version takes its place, and its slot. */
export const process = {};

let ranges = []; // [[first, end], …]: calls of these may start
let unclosed = []; // those that were not given up yet
let isAssigning = false;
/** @type {Map<string, {key: string, id: string, calls: number, hasSockets: boolean, at: number}>} */
const open = new Map();
const closing = new Set();
let token = "";

export const bucket = (id) => parseInt(id.slice(0, 12), 16) % 100_000;

const isIn = (list, point) => list.some(([first, end]) => first <= point && point < end);

export const holds = (id) => isIn(ranges, bucket(id));

const intersect = (a, b) =>
  a.flatMap(([f, e]) => b.map(([g, h]) => [Math.max(f, g), Math.min(e, h)])).filter(([f, e]) => f < e);

/** Counts a call of an object that `holds`, until `promise` has settled. Returns it. */
export function track(key, id, promise) {
  const object = entry(key, id);
  object.calls++;
  const done = (value) => {
    object.calls--;
    object.at = Date.now();
    if (value instanceof Response && value.webSocket) object.hasSockets = true;
  };
  promise.then(done, () => done());
  return promise;
}

function entry(key, id) {
  const name = `${key}/${id}`;
  let object = open.get(name);
  if (!object) {
    if (open.size >= MANY) forgetIdle();
    open.set(name, (object = { key, id, calls: 0, hasSockets: false, at: Date.now() }));
  }
  return object;
}

function forgetIdle() {
  const since = Date.now() - LEAST_IDLE_MS;
  for (const [name, { calls, hasSockets, at }] of open)
    if (!calls && !hasSockets && at < since) open.delete(name);
}

/** Called by an object's constructor, before the Worker's own code. */
export function admit(key, id) {
  if (!holds(id) && !closing.has(id))
    throw new Error("This Durable Object runs in another version. Call it through its binding.");
  return entry(key, id);
}

export const state = () => ({ ranges: unclosed, open: open.size });

/** Closes what is outside of `next` and returns once it has ended; then `next` may run. */
export async function assign(next, graceMs) {
  while (isAssigning) await scheduler.wait(5);
  isAssigning = true;
  try {
    ranges = intersect(unclosed, next);
    const leaving = [...open.values()].filter(({ id }) => !holds(id));
    while (leaving.length)
      await Promise.all(leaving.splice(0, AT_ONCE).map((object) => close(object, graceMs)));
    unclosed = ranges = next;
  } finally {
    isAssigning = false;
  }
}

async function close(object, graceMs) {
  const { key, id } = object;
  const until = Date.now() + graceMs;
  while (object.calls > 0 && Date.now() < until) await scheduler.wait(5);
  closing.add(id);
  try {
    const ended = command(key, id, "close").catch(() => true); // it aborts, so it never answers
    if (!(await Promise.race([ended, scheduler.wait(CLOSE_MS).then(() => false)])))
      throw new Error(`object ${id} does not close`);
    open.delete(`${key}/${id}`);
  } finally {
    closing.delete(id);
  }
}

/** A request that only `commandOf` recognizes. */
export function command(key, id, name, body, objectName) {
  token ||= crypto.randomUUID();
  const native = process.natives.get(key);
  const stub = native.get(objectName == null ? native.idFromString(id) : native.idFromName(objectName));
  return stub.fetch(`http://objects.invalid/${token}/${name}`, {
    method: "POST", body: JSON.stringify(body ?? {}),
  });
}

/** The name of a command, or undefined for any other request. */
export function commandOf(request) {
  const prefix = `http://objects.invalid/${token}/`;
  if (!token || !request.url.startsWith(prefix)) return undefined;
  return request.url.slice(prefix.length).split("/")[0];
}
