export default {
  async fetch(request, env, ctx) {
    const key = new Request(new URL("/cached", request.url));
    if (new URL(request.url).pathname === "/clear") return Response.json(await caches.default.delete(key));
    const cached = await caches.default.match(key);
    const kind = cached ? `hit ${await cached.text()}` : "miss";
    const headers = { "cache-control": "max-age=60" };
    if (!cached) await caches.default.put(key, new Response("stored", { headers }));
    return new Response(`__RELEASE__ ${kind}`);
  },
};
