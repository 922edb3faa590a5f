export default {
  async fetch(request, env, ctx) {
    const url = new URL(request.url);
    if (request.method === "POST" && url.pathname === "/api/links") {
      const { slug, to } = await request.json();
      await env.DB.prepare("insert or replace into links values (?, ?)").bind(slug, to).run();
      await env.LINKS.put(slug, to);
      return Response.json({ release: "__RELEASE__", slug }, { status: 201 });
    }
    const to = await env.LINKS.get(url.pathname.slice(1));
    if (!to) return new Response("unknown", { status: 404 });
    ctx.waitUntil(env.CLICKS.send({ slug: url.pathname, release: "__RELEASE__" }));
    return Response.redirect(to, 302);
  },
  async queue(batch, env) {
    for (const message of batch.messages) console.log("click", message.body.slug);
  },
  async scheduled(controller, env) {
    await env.DB.prepare("delete from links where slug = ''").run();
  },
};
