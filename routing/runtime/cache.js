// caches.default and caches.open(): the edge's cache process (cache_store.js) at CACHE. Without it,
// or while it restarts, every match misses and every put is taken and dropped: a cache may forget,
// and a request must not fail for it.
export default {
  async fetch(request, env) {
    try {
      const answer = await env.CACHE?.fetch(request);
      const isMiss = answer?.headers.has("cf-cache-status");
      if (answer && (isMiss || (answer.status < 500 && answer.status !== 403))) return answer;
    } catch {
      // The cache process is away.
    }
    if (request.method === "PUT") {
      if (!request.bodyUsed) await request.body?.pipeTo(new WritableStream()).catch(() => {});
      return new Response(null, { status: 204 });
    }
    if (request.method === "PURGE") return new Response(null, { status: 404 });
    return new Response(null, { status: 504, headers: { "cf-cache-status": "MISS" } });
  },
};
