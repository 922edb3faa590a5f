import { WorkerEntrypoint } from "cloudflare:workers";

export class Tenant extends WorkerEntrypoint {
  name() {
    return this.ctx.props.tenant;
  }
  fetch() {
    return new Response(`at most ${this.ctx.props.limits.rows} rows`);
  }
}

export default { fetch: () => new Response("tenants") };
