// caches.default and caches.open() with nothing behind them: every match misses, every put is
// taken and dropped. Without a service here, workerd throws "No Cache was configured".
export default {
  async fetch(request) {
    if (request.method === "PUT") {
      await request.body?.pipeTo(new WritableStream());
      return new Response(null, { status: 204 });
    }
    if (request.method === "PURGE") return new Response(null, { status: 404 });
    return new Response(null, { status: 504, headers: { "cf-cache-status": "MISS" } });
  },
};
