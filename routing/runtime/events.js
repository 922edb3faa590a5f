// Runs in a version's process, behind a socket that only the agent can open: events do not cross
// processes, so this calls the handlers of the version's code.
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const event = await request.json();
    if (pathname === "/scheduled") {
      const scheduledTime = new Date(event.scheduledTime);
      return Response.json(await env.MAIN.scheduled({ cron: event.cron, scheduledTime }));
    }
    if (pathname === "/queue")
      return Response.json(await env.MAIN.queue(event.queue, event.messages.map(message)));
    return new Response(null, { status: 404 });
  },
};

function message({ id, timestamp, attempts, contentType, body }) {
  const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
  const base = { id, timestamp: new Date(timestamp), attempts };
  if (contentType === "v8") return { ...base, serializedBody: bytes };
  if (contentType === "bytes") return { ...base, body: bytes.buffer };
  const text = new TextDecoder().decode(bytes);
  return { ...base, body: contentType === "json" ? JSON.parse(text) : text };
}
