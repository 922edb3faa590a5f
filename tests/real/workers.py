"""Workers for tests of the data plane."""

ECHO = """
import { WorkerEntrypoint } from "cloudflare:workers";

const told = (entrypoint, request, env) => Response.json({
  entrypoint,
  id: env.VERSION.id,
  url: request.url,
  method: request.method,
  cf: request.cf,
  headers: Object.fromEntries(request.headers),
});

export class Sums extends WorkerEntrypoint {
  fetch(request) { return told("Sums", request, this.env); }
  who() { return this.env.VERSION.id; }
  given() { return { entrypoint: "Sums", ...this.ctx.props }; }
}

export default class extends WorkerEntrypoint {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/body") return new Response(request.body);
    if (pathname === "/large") return new Response("", { headers: { big: "x".repeat(2e5) } });
    if (pathname === "/hang") await scheduler.wait(60_000);
    if (pathname === "/socket") {
      const { 0: client, 1: server } = new WebSocketPair();
      server.accept();
      server.addEventListener("message", (event) => server.send("echo " + event.data));
      return new Response(null, { status: 101, webSocket: client });
    }
    if (pathname === "/props") {
      return Response.json({ props: this.ctx.props, header: request.headers.get("x-edge-props") });
    }
    const response = told("", request, this.env);
    response.headers.set("x-sluice-version", "forged");
    response.headers.set("x-sluice-anything", "forged");
    return response;
  }
  who() { return this.env.VERSION.id; }
  given() { return { entrypoint: "", ...this.ctx.props }; }
  get limits() { return { most: this.ctx.props.most }; }
  twice(callback) { return callback(21); }
  fails() { throw new TypeError("on purpose"); }
  counter() { let n = 0; return { up: () => ++n }; }
}
"""

ODD = """
import { WorkerEntrypoint } from "cloudflare:workers";
class Odd extends WorkerEntrypoint {
  fetch() { return Response.json("odd"); }
  who() { return "odd"; }
}
export { Odd as "we ird/é" };
export default {
  fetch(request, env, ctx) { return Response.json(ctx.props.who ?? "plain"); },
};
"""

CALLER = """
async function count(calls, call) {
  const found = {};
  for (let i = 0; i < calls; i++) { const id = await call(); found[id] = (found[id] ?? 0) + 1; }
  return Response.json(found);
}

async function answer(request, env) {
  const url = new URL(request.url), calls = +url.searchParams.get("calls");
  const headers = JSON.parse(url.searchParams.get("headers") ?? "{}");
  const name = url.searchParams.get("binding") ?? "ECHO";
  switch (url.pathname) {
    case "/forward": return env[name].fetch(request);
    case "/fetch": return env[name].fetch("https://inside.example/path?secret=1", { headers });
    case "/count": return count(calls, async () =>
      (await (await env[name].fetch("http://inside.example/", { headers })).json()).id);
    case "/props": return env[name].fetch("http://inside.example/props", { headers });
    case "/given": return Response.json(await env[name].given());
    case "/limits": return Response.json((await env[name].limits).most);
    case "/rpc": return count(calls, () => env[name].who());
    case "/twice": return Response.json(await env[name].twice((n) => n * 2));
    case "/counter": return Response.json(await env[name].counter().up());
    case "/fails": return Response.json(await env[name].fails());
    case "/connect": return Response.json(String(env[name].connect("echo.default.s0.rpc:80")));
  }
  return Response.json({ id: env.VERSION.id });
}

export default {
  async fetch(request, env) {
    try { return await answer(request, env); }
    catch (error) { return new Response(`${error.name}: ${error.message}`, { status: 599 }); }
  },
};
"""
