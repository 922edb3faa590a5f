export default {
  async fetch(request, env) {
    const { id, tag, timestamp } = env.CF_VERSION;
    return Response.json({ release: "__RELEASE__", id, tag, year: new Date(timestamp).getFullYear() > 2024 });
  },
};
