export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "/upper") return new Response(request.body.pipeThrough(new Upper()));
    if (pathname === "/events") return events();
    if (pathname !== "/slow") return new Response("__RELEASE__");
    const { readable, writable } = new TransformStream();
    ctx.waitUntil(write(writable));
    return new Response(readable);
  },
};

async function write(writable) {
  const writer = writable.getWriter();
  const encoder = new TextEncoder();
  for (const part of [1, 2, 3]) {
    await writer.write(encoder.encode(`__RELEASE__ ${part}\n`));
    await scheduler.wait(200);
  }
  await writer.close();
}

function events() {
  const body = ReadableStream.from(["data: __RELEASE__\n\n", "data: end\n\n"]);
  const headers = { "content-type": "text/event-stream" };
  return new Response(body.pipeThrough(new TextEncoderStream()), { headers });
}

class Upper extends TransformStream {
  constructor() {
    const decoder = new TextDecoder();
    const encoder = new TextEncoder();
    super({
      transform: (chunk, controller) =>
        controller.enqueue(encoder.encode(decoder.decode(chunk, { stream: true }).toUpperCase())),
    });
  }
}
