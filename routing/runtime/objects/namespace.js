// A binding to a namespace of Durable Objects. An object that this process holds is called directly;
// any other through Envoy, in the process that holds it (host.js).
//
// Inner bindings: ns (a native namespace, for ids, and for objects if it is our own), key, control,
// path, isOwn, slot0 … slotN.
import { holds, process, track } from "sluice-internal:objects-assignment";
import { Router } from "sluice-internal:objects-router";

export const HEADER = "x-edge-object"; // JSON: [namespace, id, name, hops]

/** The Worker's own namespaces, for host.js. Inner bindings, beside those of a Router: slot,
 *  version, instance, classes ({class name: namespace}), deletesAlarms, and ns:<namespace>. */
export function own(env) {
  const keys = env.classes;
  const natives = new Map(Object.values(keys).map((key) => [key, env[`ns:${key}`]]));
  const { slot, version, instance, deletesAlarms } = env;
  const router = new Router(env, true);
  Object.assign(process, { slot, version, instance, deletesAlarms, keys, natives, router });
  return {};
}

export function namespace(env) {
  const target = { key: env.key, native: env.ns, router: new Router(env, env.isOwn) };
  const stub = (id) => objectStub(target, id);
  return Object.freeze({
    idFromName: (name) => env.ns.idFromName(name),
    idFromString: (hex) => env.ns.idFromString(hex),
    newUniqueId: (options) => env.ns.newUniqueId(options),
    get: (id) => stub(id),
    getByName: (name) => stub(env.ns.idFromName(name)),
    jurisdiction() {
      throw new Error("Jurisdictions are not supported by Durable Objects on this server.");
    },
  });
}

function objectStub(target, id) {
  const call = { target, id, hex: id.toString(), native: null };
  const fetch = (input, init) => fetchObject(call, new Request(input, init), 0);
  return new Proxy({}, {
    get(_, name) {
      if (name === "fetch") return fetch;
      if (name === "id") return id;
      if (name === "name") return id.name;
      if (name === Symbol.dispose) return () => {};
      if (name === "connect") return refuse;
      if (typeof name === "symbol" || name === "then") return undefined;
      return method(call, name);
    },
  });
}

function refuse() {
  throw new TypeError("connect() is not supported by Durable Objects on this server.");
}

const here = (call) => (call.native ??= call.target.native.get(call.id));
const isHere = ({ target, hex }) => target.router.isOwn && holds(hex);
const direct = (call, name, args) => track(call.target.key, call.hex, here(call)[name](...args));

/** A method to call, or a property to await. */
function method(call, name) {
  const run = (...args) =>
    isHere(call) ? direct(call, name, args) : pipelined(callObject(call, 0, name, args));
  run.then = (done, failed) => property(call, 0, name).then(done, failed);
  return run;
}

/** Lets a method of the result be called before it has arrived, as workerd's own promises do. */
function pipelined(promise) {
  return new Proxy(promise, {
    get(_, name) {
      const own = promise[name];
      if (own !== undefined || typeof name === "symbol")
        return typeof own === "function" ? own.bind(promise) : own;
      const run = (...args) => pipelined(promise.then((result) => result[name](...args)));
      run.then = (done, failed) => promise.then((result) => result[name]).then(done, failed);
      return run;
    },
  });
}

export async function callObject(call, hops, name, args) {
  const other = await call.target.router.find(call.hex, hops);
  if (!other) return direct(call, name, args);
  return other.call(call.target.key, call.hex, call.id.name ?? null, hops + 1, name, args);
}

export async function property(call, hops, name) {
  const other = await call.target.router.find(call.hex, hops);
  if (!other) return here(call)[name];
  return other.get(call.target.key, call.hex, call.id.name ?? null, hops + 1, name);
}

export async function fetchObject(call, request, hops) {
  const other = isHere(call) ? null : await call.target.router.find(call.hex, hops);
  if (!other) return direct(call, "fetch", [request]);
  const headers = new Headers(request.headers);
  const about = [call.target.key, call.hex, call.id.name ?? null, hops + 1];
  headers.set(HEADER, encodeURIComponent(JSON.stringify(about)));
  return other.fetch(new Request(request, { headers }));
}

/** For a call that arrived from another process. */
export function arrived(key, hex, name) {
  const native = process.natives.get(key);
  if (!native) throw new Error("This Worker has no such namespace of Durable Objects.");
  const id = name === null ? native.idFromString(hex) : native.idFromName(name);
  if (id.toString() !== hex) throw new Error("The object's name and id do not belong together.");
  return { target: { key, native, router: process.router }, id, hex, native: null };
}
