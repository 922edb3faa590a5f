export default {
  async fetch(request, env) {
    return new Response(`__RELEASE__ ${await env.STATE.get("last")}`);
  },
  async scheduled(controller, env, ctx) {
    ctx.waitUntil(env.STATE.put("last", `__RELEASE__ ran ${controller.cron}`));
  },
};
