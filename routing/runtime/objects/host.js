// What main.js adds to a version's code: its classes, calls from other processes, and the agent's
// commands.
import { admit, assign, command, commandOf, holds, process, state, track } from "sluice-internal:objects-assignment";
import { alarmStorage } from "sluice-internal:objects-alarms";
import { arrived, callObject, fetchObject, HEADER, property } from "sluice-internal:objects-namespace";

const ASSIGNED_WITHIN_MS = 5000;
const MOVED = 1012; // Service Restart

/** The class `Base`, which obeys the agent: it runs only where it is assigned to. */
export function objectClass(Base, name) {
  const key = process.keys[name];
  const Wrapped = class extends Base {
    #ctx;
    #alarm;
    constructor(ctx, env) {
      const object = admit(key, ctx.id.toString());
      const alarm = alarmStorage(ctx, key, Base);
      watchSockets(ctx, object);
      super(ctx, env);
      this.#ctx = ctx;
      this.#alarm = alarm;
      alarm.instance = this;
      if (Object.hasOwn(this, "fetch")) this.fetch = this.#wrap(this.fetch);
    }
    #wrap = (theirs) => (request) => {
      const name = commandOf(request);
      if (name === "close") return close(this.#ctx);
      if (name === "alarm") return ring(this, this.#alarm, request);
      if (!theirs) throw new TypeError("Handler does not export a fetch() function.");
      return theirs.call(this, request);
    };
    fetch(request) {
      return this.#wrap(super.fetch)(request);
    }
  };
  return Object.defineProperty(Wrapped, "name", { value: name });
}

function watchSockets(ctx, object) {
  const accept = ctx.acceptWebSocket;
  const value = (...args) => {
    object.hasSockets = true;
    return accept.apply(ctx, args);
  };
  Object.defineProperty(ctx, "acceptWebSocket", { value });
}

async function close(ctx) {
  const sockets = ctx.getWebSockets();
  for (const socket of sockets)
    try {
      socket.close(MOVED, "The object moves to another version.");
    } catch {
      // It is closing already.
    }
  await ctx.storage.sync();
  if (sockets.length) await scheduler.wait(20); // until the frames are out
  ctx.abort("This Durable Object moved to another version. Try again.");
}

async function ring(instance, alarm, request) {
  const { scheduledTime, retryCount } = await request.json();
  if (typeof instance.alarm !== "function") return Response.json({ outcome: "noHandler" });
  alarm.rings();
  await instance.alarm({ scheduledTime, retryCount, isRetry: retryCount > 0 });
  await alarm.settled();
  return Response.json({ outcome: "ok" });
}

/** Calls of objects that arrive from other processes. */
export function hostFetch(request) {
  const [key, hex, name, hops] = JSON.parse(decodeURIComponent(request.headers.get(HEADER) ?? "[]"));
  const headers = new Headers(request.headers);
  headers.delete(HEADER);
  return fetchObject(arrived(key, hex, name), new Request(request, { headers }), hops);
}

export const hostCall = (key, hex, name, hops, method, args) =>
  callObject(arrived(key, hex, name), hops, method, args);

export const hostGet = (key, hex, name, hops, method) => property(arrived(key, hex, name), hops, method);

/** The agent's requests: GET /state, POST /assign, POST /alarm. */
export async function control(request, ctx) {
  const { pathname } = new URL(request.url);
  const instance = request.headers.get("x-instance");
  if (instance && instance !== process.instance) return new Response(null, { status: 409 });
  if (pathname === "/state") return Response.json(state());
  const body = await request.json();
  if (pathname === "/alarm") return alarm(body);
  if (pathname !== "/assign") return new Response(null, { status: 404 });
  process.isLeaving = body.is_leaving;
  const work = assign(body.ranges, body.grace_ms);
  ctx.waitUntil(work.catch(() => {})); // it goes on if the agent ends meanwhile
  await work;
  return Response.json(state());
}

async function alarm({ namespace, id, name, scheduledTime, retryCount }) {
  const until = Date.now() + ASSIGNED_WITHIN_MS;
  while (!holds(id)) {
    if (Date.now() > until) return Response.json({ outcome: "notAssigned" });
    await scheduler.wait(20);
  }
  try {
    const answer = command(namespace, id, `alarm/${scheduledTime}`, { scheduledTime, retryCount }, name);
    return await track(namespace, id, answer);
  } catch (error) {
    return Response.json({ outcome: "exception", message: String(error).slice(0, 1000) });
  }
}
