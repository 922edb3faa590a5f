export default {
  async fetch(request) {
    if (request.headers.get("upgrade") !== "websocket") return new Response("__RELEASE__");
    const [client, server] = Object.values(new WebSocketPair());
    server.binaryType = "arraybuffer";
    server.accept();
    server.addEventListener("message", ({ data }) => {
      if (data === "close") server.close(4001, "bye");
      else server.send(typeof data === "string" ? `__RELEASE__ ${data}` : data);
    });
    return new Response(null, { status: 101, webSocket: client });
  },
};
