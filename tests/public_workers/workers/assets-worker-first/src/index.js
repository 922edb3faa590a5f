export default {
  async fetch(request, env) {
    if (request.headers.get("authorization") !== "Basic dGVzdDp0ZXN0") {
      const headers = { "www-authenticate": "Basic" };
      return new Response("__RELEASE__ sign in", { status: 401, headers });
    }
    const answer = await env.ASSETS.fetch(request);
    const page = new Response(answer.body, answer);
    page.headers.set("x-release", "__RELEASE__");
    return page;
  },
};
