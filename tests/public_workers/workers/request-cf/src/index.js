export default {
  async fetch(request) {
    const { cf, headers, url } = request;
    return Response.json({
      release: "__RELEASE__",
      colo: typeof cf.colo,
      country: typeof cf.country,
      protocol: cf.httpProtocol,
      address: headers.get("cf-connecting-ip"),
      ray: headers.has("cf-ray"),
      host: new URL(url).hostname,
    });
  },
};
