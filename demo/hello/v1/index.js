export default {
  async fetch(request, env) {
    return Response.json({ hello: "world", version: env.CF_VERSION_METADATA });
  },
};
