export default {
  async fetch(request, env) {
    const key = new URL(request.url).pathname.slice(1);
    if (request.method === "PUT") {
      await env.SESSIONS.put(key, request.body, { metadata: { by: "__RELEASE__" }, expirationTtl: 3600 });
      return new Response("__RELEASE__ stored");
    }
    if (key === "list") return Response.json(await env.SESSIONS.list({ prefix: "user:" }));
    if (!key) return new Response("__RELEASE__");
    const { value, metadata } = await env.SESSIONS.getWithMetadata(key);
    return Response.json({ release: "__RELEASE__", value, metadata }, { status: value === null ? 404 : 200 });
  },
};
