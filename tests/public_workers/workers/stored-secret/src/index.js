export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return new Response("__RELEASE__");
    const key = await env.API_KEY.get();
    return new Response(`__RELEASE__ ${key.length} characters`);
  },
};
