// KV namespaces: workerd's own Worker, with operations for the API that the binding does not have.
import kv, { KVNamespace as Stored } from "kv.js";
import { namespaceOf } from "./header.js";

const MOST_AT_ONCE = 10_000;
const TOGETHER = 200;
const LONGEST_KEY = 512;

const INVALID = { ok: false, status: 400, statusText: "A key has 1 to 512 bytes" };

export default {
  async fetch(request, env) {
    const namespace = namespaceOf(request);
    const props = { namespace };
    if (request.method === "POST") {
      const { pathname } = new URL(request.url);
      if (pathname === "/__destroy") return destroy(env, namespace);
      if (pathname === "/bulk/put") return bulk(request, (pair) => put(pair, env, props));
      if (pathname === "/bulk/delete") return bulk(request, (key) => remove(key, env, props));
    }
    return kv.fetch(request, env, { props });
  },
};

export class KVNamespace extends Stored {
  /** Deletes everything that the database has. */
  async destroy() {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.ctx.abort("deleted"); // the next one starts with an empty database
  }
}

async function destroy(env, namespace) {
  const id = env.SHARD.idFromName(namespace);
  await env.SHARD.get(id)
    .destroy()
    .catch((error) => {
      if (error.message !== "deleted") throw error;
    });
  const blobs = await env.BLOBS.fetch(`http://blobs/${id}/b`, { method: "DELETE" });
  if (!blobs.ok && blobs.status !== 404) throw new Error(`Deleting values failed: ${blobs.status}.`);
  return new Response(null, { status: 204 });
}

/** Answers {"done": n, "failed": [{"key", "status", "message"}]}. */
async function bulk(request, once) {
  const items = await request.json();
  if (!Array.isArray(items) || items.length > MOST_AT_ONCE)
    return new Response(null, { status: 400, statusText: `At most ${MOST_AT_ONCE} at once` });
  const failed = [];
  const one = async (item) => {
    const key = item.key ?? item;
    const answer = isKey(key) ? await once(item) : INVALID;
    if (!answer.ok)
      failed.push({ key, status: answer.status, message: answer.statusText });
  };
  // Those that run together share a transaction, and so the wait for the disk.
  for (let start = 0; start < items.length; start += TOGETHER)
    await Promise.all(items.slice(start, start + TOGETHER).map(one));
  return Response.json({ done: items.length - failed.length, failed });
}

function put({ key, value, base64, metadata, expiration, expiration_ttl: ttl }, env, props) {
  const query = new URLSearchParams();
  if (ttl) query.set("expiration_ttl", ttl);
  else if (expiration) query.set("expiration", expiration);
  const headers = new Headers();
  if (metadata !== undefined && metadata !== null)
    headers.set("CF-KV-Metadata", JSON.stringify(metadata));
  const body = base64 ? Uint8Array.from(atob(value), (c) => c.charCodeAt(0)) : value;
  const request = new Request(`${at(key)}?${query}`, { method: "PUT", headers, body });
  return kv.fetch(request, env, { props });
}

const remove = (key, env, props) =>
  kv.fetch(new Request(at(key), { method: "DELETE" }), env, { props });

/** The binding checks keys itself. */
const isKey = (key) =>
  typeof key === "string" &&
  !["", ".", ".."].includes(key) &&
  new TextEncoder().encode(key).byteLength <= LONGEST_KEY;

const at = (key) => `http://kv/${encodeURIComponent(key)}`;
