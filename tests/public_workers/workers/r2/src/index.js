export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const key = url.pathname.slice(1);
    if (!key) return new Response("__RELEASE__");
    if (key === "multipart") return multipart(env.PHOTOS);
    if (request.method === "PUT") {
      const httpMetadata = request.headers;
      const { etag } = await env.PHOTOS.put(key, request.body, { httpMetadata, customMetadata: { by: "__RELEASE__" } });
      return Response.json({ etag });
    }
    if (key === "list") {
      const { objects } = await env.PHOTOS.list({ include: ["customMetadata"] });
      return Response.json(objects.map((object) => [object.key, object.size, object.customMetadata.by]));
    }
    const object = await env.PHOTOS.get(key, { range: request.headers, onlyIf: request.headers });
    if (!object) return new Response("none", { status: 404 });
    const headers = new Headers({ etag: object.httpEtag });
    object.writeHttpMetadata(headers);
    return new Response(object.body, { headers, status: "body" in object ? 200 : 304 });
  },
};

async function multipart(bucket) {
  const upload = await bucket.createMultipartUpload("big");
  const first = await upload.uploadPart(1, new Uint8Array(5 * 1024 * 1024));
  const last = await upload.uploadPart(2, "end");
  const object = await upload.complete([first, last]);
  return Response.json({ size: object.size });
}
