// Queues: workerd's own storage of messages, one Durable Object for each queue, with what consumers
// outside this process need: leases of messages, acknowledgements, purge.
import { QueueShard as Shard } from "queues.js";
import { namespaceOf } from "./header.js";

const FORMATS = ["v8", "text", "json", "bytes"];
const LEASED = "lease IS NOT NULL AND dead = 0";
const READY = "lease IS NULL AND dead = 0 AND visible_at <= ?";

export class QueueShard extends Shard {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.settings = ctx.storage.kv.get("settings") ?? {};
  }

  // A producer's request, as the base class answers it. `delay` is null without a header.
  send(queue, path, format, delay, body) {
    this.#expire();
    return super.call(queue, path, format, delay ?? this.settings.delivery_delay ?? 0, body);
  }

  // `delivery_delay` and `message_retention_period` in seconds, `delivery_paused`.
  configure(settings) {
    this.settings = settings;
    this.ctx.storage.kv.put("settings", settings);
  }

  // Leases messages for `visibility_timeout_ms`. A lease that ends without an acknowledgement is a
  // failed attempt.
  pull(queue, { batch_size = 5, visibility_timeout_ms = 30_000 }) {
    this.#expire(queue);
    const messages = [];
    if (!this.settings.delivery_paused) {
      const now = Date.now();
      const ready = this.sql.exec(
        `SELECT * FROM messages WHERE ${READY} ORDER BY visible_at, seq LIMIT ?`,
        now,
        batch_size,
      );
      for (const row of ready.toArray()) {
        const lease = this.#lease(row.seq, now + visibility_timeout_ms);
        messages.push(shown(row, lease));
      }
    }
    return { messages, message_backlog_count: this.#backlog() };
  }

  // `acks` are lease ids; `retries` are `{lease_id, delay_seconds}`. Leases that ended are ignored.
  // `releases` are lease ids whose messages were not delivered, so it is no attempt.
  acknowledge(queue, { acks = [], retries = [], releases = [] }) {
    const now = Date.now();
    const count = (statement, lease, ...given) => {
      const [seq, generation] = lease.split(".").map(Number);
      const where = "WHERE seq = ? AND lease = ?";
      return this.sql.exec(`${statement} ${where}`, ...given, seq, generation).rowsWritten ? 1 : 0;
    };
    const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
    const acked = acks.map((lease) => count(`UPDATE messages SET timestamp = 0`, lease));
    const retried = retries.map(({ lease_id, delay_seconds = 0 }) =>
      count(RELEASE, lease_id, now + delay_seconds * 1000),
    );
    for (const lease of releases) count(GIVE_BACK, lease);
    this.#sweep(queue);
    return { ackCount: sum(acked), retryCount: sum(retried) };
  }

  // Messages without a lease that may be delivered now, and since when the oldest one may.
  ready(queue) {
    this.#expire(queue);
    if (this.settings.delivery_paused) return { count: 0, oldest_ms: 0 };
    const counted = `SELECT count(*) AS count, min(visible_at) AS oldest_ms FROM messages WHERE ${READY}`;
    const { count, oldest_ms } = this.sql.exec(counted, Date.now()).one();
    return { count, oldest_ms: oldest_ms ?? 0 };
  }

  purge(queue) {
    this.sql.exec("UPDATE messages SET timestamp = 0");
    this.#sweep(queue);
  }

  // The oldest messages, without a lease.
  peek({ limit = 20 }) {
    const rows = this.sql.exec("SELECT * FROM messages ORDER BY visible_at, seq LIMIT ?", limit);
    const { bytes } = this.sql.exec("SELECT coalesce(sum(size), 0) AS bytes FROM messages").one();
    return {
      messages: rows.toArray().map((row) => shown(row, null)),
      message_backlog_count: this.#backlog(),
      backlog_bytes: bytes,
    };
  }

  async destroy() {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.ctx.abort("deleted");
  }

  #lease(seq, until) {
    const generation = crypto.getRandomValues(new Uint32Array(1))[0] + 1;
    this.sql.exec(
      "UPDATE messages SET lease = ?, leased_until = ? WHERE seq = ?",
      generation,
      until,
      seq,
    );
    return `${seq}.${generation}`;
  }

  // Ends leases whose time is over, and removes messages older than the queue keeps them.
  #expire(queue) {
    const now = Date.now();
    this.sql.exec(`${RELEASE} WHERE ${LEASED} AND leased_until <= ?`, now, now);
    const seconds = this.settings.message_retention_period;
    if (!seconds) return;
    const old = now - seconds * 1000;
    this.sql.exec("UPDATE messages SET timestamp = 0 WHERE timestamp <= ?", old);
    if (queue !== undefined) this.#sweep(queue);
  }

  // The base class counts its messages itself, and deletes those past their retention: reading its
  // metrics makes it do both.
  #sweep(queue) {
    super.call(queue, "/metrics", "v8", 0, null);
  }

  #backlog() {
    return this.sql.exec("SELECT count(*) AS n FROM messages").one().n;
  }
}

const RELEASE =
  "UPDATE messages SET lease = NULL, leased_until = NULL, attempts = attempts + 1, visible_at = ?";

const GIVE_BACK = "UPDATE messages SET lease = NULL, leased_until = NULL";

const shown = (row, lease) => ({
  id: row.id,
  timestamp_ms: row.timestamp,
  visible_at_ms: row.visible_at,
  attempts: row.attempts + 1,
  content_type: FORMATS[row.format],
  body: base64(new Uint8Array(row.body)),
  lease_id: lease,
});

function base64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000) {
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  }
  return btoa(text);
}

export default {
  async fetch(request, env) {
    const queue = namespaceOf(request);
    const shard = env.SHARD.getByName(queue);
    switch (new URL(request.url).pathname) {
      case "/message":
      case "/batch":
      case "/metrics":
        return send(shard, queue, request);
      case "/pull":
        return Response.json(await shard.pull(queue, await request.json()));
      case "/ready":
        return Response.json(await shard.ready(queue));
      case "/ack":
        return Response.json(await shard.acknowledge(queue, await request.json()));
      case "/peek":
        return Response.json(await shard.peek(await request.json()));
      case "/settings":
        await shard.configure(await request.json());
        return new Response(null, { status: 204 });
      case "/purge":
        await shard.purge(queue);
        return new Response(null, { status: 204 });
      case "/__destroy":
        await shard.destroy().catch(() => {});
        return new Response(null, { status: 204 });
    }
    return new Response("Not found", { status: 404 });
  },
};

async function send(shard, queue, request) {
  const { pathname } = new URL(request.url);
  const body = request.method === "POST" ? await request.arrayBuffer() : null;
  const format = request.headers.get("X-Msg-Fmt") ?? "v8";
  const delay = request.headers.get("X-Msg-Delay-Secs");
  const seconds = delay === null ? null : Number(delay);
  const answer = await shard.send(queue, pathname, format, seconds, body);
  return new Response(answer.body, { status: answer.status });
}
