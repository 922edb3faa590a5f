export default {
  async fetch(request, env) {
    const fetched = await env.ACME.fetch("http://tenants/rows");
    return Response.json({
      release: "__RELEASE__",
      acme: await env.ACME.name(),
      guest: await env.GUEST.name(),
      fetched: await fetched.text(),
    });
  },
};
