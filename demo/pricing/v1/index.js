import { WorkerEntrypoint } from "cloudflare:workers";

const PRICES = { tea: 430, mug: 1190 };

export default class Pricing extends WorkerEntrypoint {
  quote(sku = "tea") {
    return { sku, cents: PRICES[sku] ?? null, version: this.env.CF_VERSION_METADATA };
  }

  async fetch(request) {
    return Response.json(this.quote(new URL(request.url).searchParams.get("sku") ?? "tea"));
  }
}
