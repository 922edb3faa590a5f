import { DurableObject } from "cloudflare:workers";

export class Room extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  async fetch(request) {
    const name = new URL(request.url).searchParams.get("name") ?? "someone";
    const [client, server] = Object.values(new WebSocketPair());
    this.ctx.acceptWebSocket(server, [name]);
    server.serializeAttachment({ name });
    return new Response(null, { status: 101, webSocket: client });
  }

  async webSocketMessage(socket, message) {
    const { name } = socket.deserializeAttachment();
    const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
    await this.ctx.storage.put("count", count);
    const line = JSON.stringify({ name, message, count });
    for (const other of this.ctx.getWebSockets()) other.send(line);
  }

  async webSocketClose(socket, code) {
    socket.close(code === 1005 ? 1000 : code, "bye");
  }
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (!pathname.startsWith("/room/")) return new Response("__RELEASE__");
    if (request.headers.get("upgrade") !== "websocket")
      return new Response("Upgrade to a WebSocket.", { status: 426 });
    return env.ROOMS.get(env.ROOMS.idFromName(pathname.slice(6))).fetch(request);
  },
};
