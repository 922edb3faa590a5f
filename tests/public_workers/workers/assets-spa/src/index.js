export default { fetch: (request) => Response.json({ api: "__RELEASE__", path: new URL(request.url).pathname }) };
