const OVERRIDES = "Cloudflare-Workers-Version-Overrides";

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    return Response.json({
      total: await price(url, request, env),
      version: env.CF_VERSION_METADATA,
    });
  },
};

async function price(url, request, env) {
  if (url.pathname === "/rpc") return env.PRICING.quote(url.searchParams.get("sku") ?? "tea");
  if (url.pathname === "/explicit") {
    const headers = { [OVERRIDES]: `pricing="${url.searchParams.get("pricing")}"` };
    return (await env.PRICING.fetch("https://pricing/", { headers })).json();
  }
  // The request goes on as it came, its override and version key with it.
  return (await env.PRICING.fetch(request)).json();
}
