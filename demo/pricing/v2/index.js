import { WorkerEntrypoint } from "cloudflare:workers";

const PRICES = { tea: 430, mug: 1190 };
const VAT = 0.19;

// New in this version: the VAT is told apart.
export default class Pricing extends WorkerEntrypoint {
  quote(sku = "tea") {
    const cents = PRICES[sku] ?? null;
    const vat = cents === null ? null : Math.round(cents * VAT);
    return { sku, cents, vat, version: this.env.CF_VERSION_METADATA };
  }

  async fetch(request) {
    return Response.json(this.quote(new URL(request.url).searchParams.get("sku") ?? "tea"));
  }
}
