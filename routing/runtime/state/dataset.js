// Datasets of Analytics Engine: data points in SQLite, one Durable Object for each dataset. Points
// are stored as they are, none is sampled; those older than RETENTION_S are deleted. A dataset that
// is full takes no more until old points leave.
import { DurableObject } from "cloudflare:workers";
import { namespaceOf } from "./header.js";

const RETENTION_S = 90 * 86_400;
const CLEAN_MS = 3_600_000;
const MOST_BYTES = 2 * 1024 ** 3; // of a dataset
const MOST_POINTS = 1000; // in one request
const MOST_ROWS = 10_000; // of a result
const COUNT = 20;
const LONGEST_INDEX = 96;
const LARGEST = 16 * 1024; // bytes of a point's blobs
const SKEW_S = 3600;

const columns = (name, type, empty) =>
  Array.from({ length: COUNT }, (_, i) => `${name}${i + 1} ${type} NOT NULL DEFAULT ${empty}`);
const CREATE = `CREATE TABLE IF NOT EXISTS points (
  timestamp INTEGER NOT NULL, index1 TEXT NOT NULL DEFAULT '',
  ${[...columns("blob", "TEXT", "''"), ...columns("double", "REAL", "0")].join(", ")}
)`;
const names = (name) => Array.from({ length: COUNT }, (_, i) => `${name}${i + 1}`);
const COLUMNS = ["timestamp", "index1", ...names("blob"), ...names("double")];
const INSERT = `INSERT INTO points (${COLUMNS}) VALUES (${COLUMNS.map(() => "?")})`;

export class Dataset extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(CREATE);
    this.sql.exec("CREATE INDEX IF NOT EXISTS points_by_time ON points (timestamp)");
  }

  // Stores points as `{t, i, b, d}`. `lost` are points that their senders could not send.
  async write({ points, lost }) {
    const now = Math.floor(Date.now() / 1000);
    const isFull = this.sql.databaseSize >= MOST_BYTES;
    const valid = isFull ? [] : points.slice(0, MOST_POINTS).filter(isPoint);
    for (const { t, i, b, d } of valid) {
      const at = Math.abs(t - now) <= SKEW_S ? Math.floor(t) : now;
      this.sql.exec(INSERT, at, i, ...padded(b, ""), ...padded(d, 0));
    }
    const unsent = Number.isSafeInteger(lost) && lost > 0 ? lost : 0;
    const missing = unsent + points.length - valid.length;
    if (missing) {
      const { lost: before, since } = this.losses();
      this.ctx.storage.kv.put("losses", { lost: before + missing, since: since ?? now });
    }
    if (!(await this.ctx.storage.getAlarm())) await this.ctx.storage.setAlarm(Date.now() + CLEAN_MS);
    return { stored: valid.length };
  }

  losses() {
    return this.ctx.storage.kv.get("losses") ?? { lost: 0, since: null };
  }

  // `sql` comes from the control plane, which composes it; values are parameters.
  query({ sql, parameters }) {
    const rows = this.sql.exec(sql, ...parameters).raw();
    const taken = [];
    for (const row of rows) {
      if (taken.length === MOST_ROWS) return { rows: taken, has_more: true };
      taken.push(row);
    }
    return { rows: taken, has_more: false };
  }

  status() {
    const { points, first } = this.sql
      .exec("SELECT count(*) AS points, min(timestamp) AS first FROM points")
      .one();
    return { points, first, bytes: this.sql.databaseSize, ...this.losses() };
  }

  async alarm() {
    this.sql.exec("DELETE FROM points WHERE timestamp < ?", Date.now() / 1000 - RETENTION_S);
    const { points } = this.status();
    if (points) await this.ctx.storage.setAlarm(Date.now() + CLEAN_MS);
  }

  async destroy() {
    await this.ctx.storage.deleteAlarm();
    await this.ctx.storage.deleteAll();
    this.ctx.abort("deleted");
  }
}

/** The binding checks points; a process that was taken over may send anything. */
function isPoint(point) {
  const { t, i, b, d } = point ?? {};
  const isList = (list, type) =>
    Array.isArray(list) && list.length <= COUNT && list.every((item) => typeof item === type);
  return (
    Number.isFinite(t) &&
    typeof i === "string" &&
    size(i) <= LONGEST_INDEX &&
    isList(b, "string") &&
    isList(d, "number") &&
    b.reduce((sum, blob) => sum + size(blob), 0) <= LARGEST
  );
}

const size = (text) => new TextEncoder().encode(text).byteLength;

const padded = (list, empty) => [...list, ...Array(COUNT - list.length).fill(empty)];

export default {
  async fetch(request, env) {
    const dataset = env.DATASET.getByName(namespaceOf(request));
    const { pathname } = new URL(request.url);
    if (pathname === "/points") return Response.json(await dataset.write(await request.json()));
    if (pathname === "/status") return Response.json(await dataset.status());
    if (pathname === "/query") return query(dataset, await request.json());
    if (pathname === "/__destroy") {
      await dataset.destroy().catch(() => {});
      return new Response(null, { status: 204 });
    }
    return new Response(null, { status: 404 });
  },
};

async function query(dataset, given) {
  try {
    return Response.json(await dataset.query(given));
  } catch (error) {
    return Response.json({ error: error.message }, { status: 400 });
  }
}
