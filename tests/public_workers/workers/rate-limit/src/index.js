export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/") return new Response("__RELEASE__");
    // A key for each run, so that the counts of the version before do not matter.
    const key = pathname + crypto.randomUUID();
    const calls = [];
    for (let call = 0; call < 3; call++) calls.push((await env.LIMITER.limit({ key })).success);
    return Response.json({ release: "__RELEASE__", calls });
  },
};
