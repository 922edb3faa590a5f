// A service binding whose RPC follows the percentages. workerd keeps one Cap'n Proto connection for
// each external service and sends every call down it, so a weighted route behind it would be drawn
// once and never again. Here each running version of the target has a slot, a slot is an external
// service of its own, and every call draws one. fetch() goes through Envoy as it is: there the draw,
// the overrides and the version key are Envoy's.
//
// Inner bindings: fetch, slot0 … slotN, control and path (a GET answers
// {"slots": [[slot, weight], …]}). With props, slots are of `__sluice_props` (entry.js), which gets
// props and entrypoint with each call.
import workers from "cloudflare-internal:workers";

const NO_ENTRYPOINT =
  "The Worker that this service binding calls is not running, or exports no entrypoint of that name.";
const FRESH_MS = 1000; // older: this call uses the answer, and another one is asked for meanwhile
const STALE_MS = 3000; // older still: this call waits, for a slot may belong to another version now

export function service(env) {
  let slots = [], told = -Infinity, asked = -Infinity;

  async function refresh() {
    asked = Date.now();
    try {
      const response = await env.control.fetch("http://agent" + env.path);
      if (response.ok) {
        slots = (await response.json()).slots;
        told = Date.now();
      }
    } catch {
      // The agent is away: what it said last still holds.
    }
  }

  function draw() {
    const total = slots.reduce((sum, [, weight]) => sum + weight, 0);
    let point = Math.random() * total;
    for (const [slot, weight] of slots) if ((point -= weight) < 0) return env["slot" + slot];
  }

  // A raw connection could CONNECT to any Worker's RPC, bound or not.
  function refuse() {
    throw new TypeError("connect() is not supported by service bindings on this server.");
  }

  function member(stub, name) {
    if (env.props === undefined) return stub[name]; // a method to call, or a property to await
    const call = (args) => stub.call(env.entrypoint, env.props, name, args);
    const method = (...args) => call(args);
    method.then = (...both) => call().then(...both);
    return method;
  }

  async function late(name, args) {
    await refresh();
    const stub = draw();
    if (!stub) throw new Error(NO_ENTRYPOINT);
    return member(stub, name)(...args);
  }

  return new Proxy(env.fetch, {
    get(_, name) {
      if (name === "fetch") return env.fetch.fetch.bind(env.fetch);
      if (name === "connect") return refuse;
      if (typeof name === "symbol" || name === "then") return undefined;
      const now = Date.now();
      const stub = now - told < STALE_MS && draw();
      if (!stub) return (...args) => late(name, args); // not pipelined
      if (now - asked >= FRESH_MS) workers.waitUntil(refresh());
      return member(stub, name);
    },
  });
}
