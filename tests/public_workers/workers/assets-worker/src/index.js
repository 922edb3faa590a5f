export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    if (url.pathname === "/api/logo") return env.ASSETS.fetch(new URL("/logo.svg", url));
    return new Response("code __RELEASE__", { status: 404 });
  },
};
