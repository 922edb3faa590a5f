const encoder = new TextEncoder();
const algorithm = { name: "HMAC", hash: "SHA-256" };

const encode = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export default {
  async fetch(request, env) {
    const uses = ["sign", "verify"];
    const key = await crypto.subtle.importKey("raw", encoder.encode(env.KEY), algorithm, false, uses);
    const claims = encode(encoder.encode(JSON.stringify({ sub: "ada" })));
    const signature = await crypto.subtle.sign("HMAC", key, encoder.encode(claims));
    const valid = await crypto.subtle.verify("HMAC", key, signature, encoder.encode(claims));
    const forged = await crypto.subtle.verify("HMAC", key, signature, encoder.encode(claims + "x"));
    return Response.json({ release: "__RELEASE__", token: `${claims}.${encode(signature)}`, valid, forged });
  },
};
