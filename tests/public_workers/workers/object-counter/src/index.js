import { DurableObject } from "cloudflare:workers";

export class Counter extends DurableObject {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    let value = (await this.ctx.storage.get("value")) ?? 0;
    if (pathname === "/increment") await this.ctx.storage.put("value", ++value);
    return Response.json({ name: this.ctx.id.name ?? null, value });
  }
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("name");
    if (!name) return new Response("__RELEASE__");
    const id = env.COUNTERS.idFromName(name);
    const again = env.COUNTERS.idFromString(id.toString());
    if (!id.equals(again)) return new Response("ids differ", { status: 500 });
    return env.COUNTERS.get(again).fetch(new Request(`https://counter${pathname}`, request));
  },
};
