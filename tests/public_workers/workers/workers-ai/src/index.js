const MODEL = "@cf/meta/llama-3.1-8b-instruct";

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const messages = [{ role: "user", content: "Hello" }];
    if (pathname === "/stream") {
      const stream = await env.AI.run(MODEL, { messages, stream: true });
      return new Response(stream, { headers: { "content-type": "text/event-stream" } });
    }
    const { response } = await env.AI.run(MODEL, { messages });
    const { data } = await env.AI.run("@cf/baai/bge-m3", { text: ["one", "three"] });
    return Response.json({ release: "__RELEASE__", response, sizes: data.map(([first]) => first) });
  },
};
