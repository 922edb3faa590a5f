// The header of requests to an edge's own processes: `<subject>:<HMAC-SHA256 of the subject>`.
// workerd sets it, so that code reaches what its capability names only.
const MOST_ADMITTED = 10_000;
const admitted = new Set();

/** The subject; null without its capability. `key` is in hex. */
export async function subjectOf(header, key) {
  const last = (header ?? "").lastIndexOf(":");
  if (last < 1) return null;
  const subject = header.slice(0, last);
  if (admitted.has(header)) return subject;
  const signature = header.slice(last + 1);
  if (!/^([0-9a-f]{2}){32}$/.test(signature)) return null;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const secret = await crypto.subtle.importKey("raw", bytes(key), algorithm, false, ["verify"]);
  const signed = new TextEncoder().encode(subject);
  if (!(await crypto.subtle.verify("HMAC", secret, bytes(signature), signed))) return null;
  if (admitted.size > MOST_ADMITTED) admitted.clear();
  admitted.add(header);
  return subject;
}

const bytes = (hex) => Uint8Array.from(hex.match(/../g), (pair) => parseInt(pair, 16));
