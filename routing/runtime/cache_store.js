// The cache of one edge, for the Cache API of all its Workers: in memory, at most MOST_BYTES, least
// recently used entries leave first. The versions of a Worker share theirs; another Worker's cannot
// be reached, because workerd sets the header with the Worker's name and its capability.
import { subjectOf } from "./capability.js";

const HEADER = "x-sluice-cache"; // <worker>:<capability>
const OVERHEAD = 512; // bytes of memory for an entry, beside its body and headers

/** @type {Map<string, {status: number, headers: [string, string][], body: Uint8Array,
 *  expires: number, bytes: number}>} The order is that of use. */
const entries = new Map();
let total = 0;

export default {
  async fetch(request, env) {
    const worker = await subjectOf(request.headers.get(HEADER), env.KEY);
    if (worker === null) return new Response(null, { status: 403 });
    const key = JSON.stringify([worker, request.headers.get("cf-cache-namespace"), request.url]);
    if (request.method === "PUT") return put(key, request, env);
    if (request.method === "PURGE") return new Response(null, { status: remove(key) ? 200 : 404 });
    if (request.method === "GET") return match(key, request);
    return new Response(null, { status: 405 });
  },
};

const miss = () => new Response(null, { status: 504, headers: { "cf-cache-status": "MISS" } });

function match(key, request) {
  const entry = entries.get(key);
  if (!entry) return miss();
  if (entry.expires <= Date.now()) {
    remove(key);
    return miss();
  }
  entries.delete(key);
  entries.set(key, entry);
  const headers = new Headers(entry.headers);
  headers.set("cf-cache-status", "HIT");
  if (isUnchanged(request.headers, headers)) return new Response(null, { status: 304, headers });
  const range = entry.status === 200 && rangeOf(request.headers.get("range"), entry.body.length);
  if (range === undefined) {
    headers.set("content-range", `bytes */${entry.body.length}`);
    return new Response(null, { status: 416, headers });
  }
  if (!range) return new Response(bodyOf(entry), { status: entry.status, headers, ...AS_STORED });
  const [first, last] = range;
  headers.set("content-range", `bytes ${first}-${last}/${entry.body.length}`);
  headers.delete("content-length");
  const body = entry.body.subarray(first, last + 1);
  return new Response(body, { status: 206, headers, ...AS_STORED });
}

/** A body with a Content-Encoding is encoded already. */
const AS_STORED = { encodeBody: "manual" };

const bodyOf = ({ status, body }) => ([101, 204, 205, 304].includes(status) ? null : body);

async function put(key, request, env) {
  const most = Number(env.MOST_BYTES);
  const largest = most / 4;
  const content = await readAtMost(request.body, largest);
  if (!content) return new Response(null, { status: 413 });
  const stored = parse(content);
  const lifetime = stored && lifetimeOf(stored.status, new Headers(stored.headers));
  remove(key);
  if (!lifetime) return new Response(null, { status: 413 }); // workerd takes it for "not stored"
  const size = content.length + key.length + OVERHEAD;
  entries.set(key, { ...stored, expires: Date.now() + lifetime * 1000, bytes: size });
  total += size;
  for (const oldest of entries.keys()) {
    if (total <= most) break;
    remove(oldest);
  }
  return new Response(null, { status: 204 });
}

function remove(key) {
  const entry = entries.get(key);
  if (!entry) return false;
  total -= entry.bytes;
  entries.delete(key);
  return entry.expires > Date.now();
}

/** Null if it is longer. */
async function readAtMost(body, most) {
  const chunks = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    if (length > most) return null;
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    whole.set(chunk, position);
    position += chunk.length;
  }
  return whole;
}

/** workerd sends the response as an HTTP/1.1 message. */
function parse(content) {
  const end = content.findIndex(
    (_, i) => content[i] === 13 && content[i + 1] === 10 && content[i + 2] === 13 && content[i + 3] === 10,
  );
  if (end < 0) return null;
  const [first, ...lines] = new TextDecoder("latin1").decode(content.subarray(0, end)).split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return { status: Number(first.split(" ")[1]), headers, body: content.subarray(end + 4) };
}

/** Statuses that may be stored without an explicit lifetime, and for how many seconds, as
 *  Cloudflare documents. */
const DEFAULTS = { 200: 7200, 206: 7200, 301: 7200, 302: 1200, 303: 1200, 404: 180, 410: 180 };

/** Seconds; 0 if the response must not be stored. */
function lifetimeOf(status, headers) {
  if (status === 206 || headers.get("vary")?.includes("*")) return 0;
  const control = directives(headers.get("cache-control") ?? "");
  const keepsCookie = control["private"] === "set-cookie";
  if (headers.has("set-cookie") && !keepsCookie) return 0;
  if ("no-store" in control || "no-cache" in control) return 0;
  if ("private" in control && !keepsCookie) return 0;
  for (const name of ["s-maxage", "max-age"])
    if (name in control) return Math.max(0, Number(control[name]) || 0) - age(headers);
  if (headers.has("expires"))
    return Math.max(0, (Date.parse(headers.get("expires")) - Date.now()) / 1000) || 0;
  return DEFAULTS[status] ?? 0;
}

const age = (headers) => Number(headers.get("age")) || 0;

function directives(text) {
  const found = {};
  for (const part of text.toLowerCase().split(",")) {
    const [name, value = ""] = part.trim().split("=");
    if (name) found[name] = value.replaceAll('"', "");
  }
  return found;
}

function isUnchanged(asked, headers) {
  const etag = headers.get("etag");
  const listed = asked.get("if-none-match");
  if (listed !== null) {
    const weak = (tag) => tag.trim().replace(/^W\//, "");
    return etag !== null && (listed.trim() === "*" || listed.split(",").map(weak).includes(weak(etag)));
  }
  const since = Date.parse(asked.get("if-modified-since") ?? "");
  return Date.parse(headers.get("last-modified") ?? "") <= since;
}

/** [first, last]; null without a range or with several; undefined if no byte is in it. */
function rangeOf(header, size) {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!found || (!found[1] && !found[2])) return null;
  if (!found[1]) return Number(found[2]) && size ? [Math.max(0, size - found[2]), size - 1] : undefined;
  const first = Number(found[1]);
  const last = found[2] ? Math.min(Number(found[2]), size - 1) : size - 1;
  if (found[2] && Number(found[2]) < first) return null;
  return first < size ? [first, last] : undefined;
}
