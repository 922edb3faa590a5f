export default {
  async fetch(request, env) {
    console.log("visited", "__RELEASE__");
    const collected = await env.COLLECTOR.fetch("http://collector/");
    return Response.json({ release: "__RELEASE__", collected: await collected.json() });
  },
};
