// Ranges of static assets, which workerd's assets service lacks. Envoy sends here only requests that
// have a Range header. FILES serves what SITE does, with NotAFile in the place of the version's code.
import { WorkerEntrypoint } from "cloudflare:workers";

const NOT_A_FILE = "x-sluice-not-a-file";

export class NotAFile extends WorkerEntrypoint {
  fetch() {
    return new Response(null, { headers: { [NOT_A_FILE]: "1" } });
  }
}

// [first, last] of a single range; null if the header is to be ignored (several ranges, another
// unit, bad syntax); undefined if no byte of the file is in it.
function parse(header, size) {
  const match = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header);
  if (!match || (!match[1] && !match[2])) return null;
  const [first, last] = [match[1], match[2]].map((digits) => (digits ? Number(digits) : null));
  if (first === null) return last && size ? [Math.max(0, size - last), size - 1] : undefined;
  if (last !== null && last < first) return null;
  return first < size ? [first, Math.min(last ?? size - 1, size - 1)] : undefined;
}

// If-Range has an ETag, which must be strong, or a date, and we send no Last-Modified.
const isCurrent = (request, response) => {
  const condition = request.headers.get("if-range");
  return condition === null || condition === response.headers.get("etag");
};

// Once `first` is reached, a range to the end of the file is workerd's to copy.
async function copy(body, writable, first, length, toTheEnd) {
  const reader = body.getReader();
  const writer = writable.getWriter();
  try {
    for (let position = 0; position < first + length; ) {
      const { done, value } = await reader.read();
      if (done) break;
      const start = Math.max(0, first - position);
      const end = Math.min(value.length, first + length - position);
      if (start < end) await writer.write(value.subarray(start, end));
      position += value.length;
      if (toTheEnd && position >= first) {
        reader.releaseLock();
        writer.releaseLock();
        return await body.pipeTo(writable);
      }
    }
    await writer.close();
    await reader.cancel();
  } catch (error) {
    await writer.abort(error).catch(() => {}); // the client is gone
    await reader.cancel().catch(() => {});
  }
}

function withRange(header, response, ctx) {
  const size = Number(response.headers.get("content-length"));
  const range = parse(header, size);
  if (range === null) return response;
  const headers = new Headers(response.headers);
  if (range === undefined) {
    response.body?.cancel();
    headers.delete("content-length");
    headers.set("content-range", `bytes */${size}`);
    return new Response(null, { status: 416, headers });
  }
  const [first, last] = range;
  const length = last - first + 1;
  headers.set("accept-ranges", "bytes");
  headers.set("content-range", `bytes ${first}-${last}/${size}`);
  if (length === size) return new Response(response.body, { status: 206, headers });
  const { readable, writable } = new FixedLengthStream(length);
  ctx.waitUntil(copy(response.body, writable, first, length, last === size - 1));
  return new Response(readable, { status: 206, headers });
}

export default {
  async fetch(request, env, ctx) {
    if (request.method !== "GET") return env.SITE.fetch(request);
    const response = await env.FILES.fetch(request);
    if (response.headers.has(NOT_A_FILE)) return env.SITE.fetch(request);
    const isWhole = response.status === 200 && response.headers.has("content-length");
    if (!isWhole || !isCurrent(request, response)) return response;
    return withRange(request.headers.get("range"), response, ctx);
  },
};
