export default {
  async fetch(request, env) {
    const name = new URL(request.url).searchParams.get("name") ?? "world";
    return Response.json({ hello: name, version: env.CF_VERSION_METADATA });
  },
};
