// The entrance of the state process: admits a request to exactly the namespace that its capability
// names, and passes it on unchanged to that kind's Worker.
import { DurableObject } from "cloudflare:workers";
import { HEADER, parse } from "./header.js";

const ADMIN = "admin";
const MOST_ADMITTED = 10_000;

/** Headers whose capability was verified; the keys do not change while the process runs. */
const admitted = new Set();
/** `<kind>:<id>` of deleted namespaces; null until they are read. @type {Set<string> | null} */
let deleted = null;

const refusal = (status, code, text) =>
  new Response(null, { status, statusText: text, headers: { "x-sluice-state-error": code } });

export default {
  async fetch(request, env) {
    const target = parse(request);
    if (!target || !(await isAdmitted(request.headers.get(HEADER), target, env)))
      return refusal(403, "forbidden", "No access to this namespace");
    if (target.kind === ADMIN) return administer(request, env);
    const worker = env[target.kind];
    if (!worker) return refusal(404, "unknown_kind", "Unknown kind of namespace");
    deleted ??= await registry(env).list();
    if (deleted.has(`${target.kind}:${target.id}`))
      return refusal(404, "deleted", "This namespace was deleted");
    return worker.fetch(request);
  },
};

async function isAdmitted(header, { kind, id, capability }, env) {
  if (admitted.has(header)) return true;
  const signature = bytes(capability);
  if (!signature) return false;
  const subject = new TextEncoder().encode(`${kind}:${id}`);
  for (const hex of env.KEYS) {
    const key = await hmac(hex);
    if (await crypto.subtle.verify("HMAC", key, signature, subject)) {
      if (admitted.size >= MOST_ADMITTED) admitted.clear();
      admitted.add(header);
      return true;
    }
  }
  return false;
}

const hmac = (hex) =>
  crypto.subtle.importKey("raw", bytes(hex), { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);

function bytes(hex) {
  if (!/^([0-9a-f]{2}){32}$/.test(hex)) return null;
  return Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
}

/** GET /status; DELETE and PUT /namespaces/<kind>/<id>: delete one, and admit its name again. */
async function administer(request, env) {
  const path = new URL(request.url).pathname;
  if (path === "/status") return Response.json({ kinds: env.KINDS });
  const [, root, kind, encoded] = path.split("/");
  const id = decodeURIComponent(encoded ?? "");
  if (root !== "namespaces" || !id || !env[kind]) return refusal(404, "unknown", "Not found");
  if (request.method === "PUT") {
    deleted = await registry(env).restore(`${kind}:${id}`);
    return new Response(null, { status: 204 });
  }
  if (request.method !== "DELETE") return refusal(405, "method", "Method not allowed");
  // First no longer reachable, then gone: a crash in between leaves nothing that can be read.
  deleted = await registry(env).remove(`${kind}:${id}`);
  const headers = { [HEADER]: `${kind}:${id}:` };
  const answer = await env[kind].fetch("http://state/__destroy", { method: "POST", headers });
  return answer.ok ? new Response(null, { status: 204 }) : answer;
}

const registry = (env) => env.REGISTRY.get(env.REGISTRY.idFromName("namespaces"));

/** Remembers deleted namespaces. */
export class Registry extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec("CREATE TABLE IF NOT EXISTS deleted (name TEXT PRIMARY KEY)");
  }

  list() {
    return new Set(this.sql.exec("SELECT name FROM deleted").toArray().map((row) => row.name));
  }

  remove(name) {
    this.sql.exec("INSERT OR IGNORE INTO deleted VALUES (?)", name);
    return this.list();
  }

  restore(name) {
    this.sql.exec("DELETE FROM deleted WHERE name = ?", name);
    return this.list();
  }
}
