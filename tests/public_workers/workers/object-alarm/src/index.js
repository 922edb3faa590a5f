import { DurableObject } from "cloudflare:workers";

export class Timer extends DurableObject {
  async schedule(text, after) {
    await this.ctx.storage.put("text", text);
    await this.ctx.storage.setAlarm(Date.now() + after);
    return await this.ctx.storage.getAlarm();
  }

  async cancel() {
    await this.ctx.storage.deleteAlarm();
    return await this.ctx.storage.getAlarm();
  }

  async rang() {
    return (await this.ctx.storage.get("rang")) ?? "not yet";
  }

  async alarm() {
    // The first attempt fails, and is retried.
    const attempts = ((await this.ctx.storage.get("attempts")) ?? 0) + 1;
    await this.ctx.storage.put("attempts", attempts);
    if ((await this.ctx.storage.get("text")) === "retry" && attempts < 2) throw new Error("again");
    await this.ctx.storage.put("rang", `${await this.ctx.storage.get("text")} rang`);
  }
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("name");
    if (!name) return new Response("__RELEASE__");
    const timer = env.TIMERS.getByName(name);
    if (pathname === "/schedule") {
      const at = await timer.schedule(name, Number(searchParams.get("after") ?? 200));
      return new Response(at > Date.now() - 1000 ? "scheduled" : `alarm at ${at}`);
    }
    if (pathname === "/cancel") return new Response(String(await timer.cancel()));
    return new Response(await timer.rang());
  },
};
