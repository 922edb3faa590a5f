// D1 databases: workerd's own D1 Worker with Cloudflare's limits, and what only the control plane
// may do. A database is one Durable Object, named by its id.
import D1Binding, { D1Database as Database } from "d1.js";
import { namespaceOf } from "./header.js";

const STATEMENT_BYTES = 100_000;
const PARAMETERS = 100;
const VALUE_BYTES = 2_000_000;
const DATABASE_BYTES = 10_000_000_000;
const EXPORT_BYTES = 500_000_000;
const encoder = new TextEncoder();

export class D1Database extends Database {
  // Runs statements in one transaction. Throws the first error, and changes nothing then.
  run(queries, bookmarked) {
    queries.forEach(checkLimits);
    return this.#limited(() => super.run(queries, bookmarked));
  }

  async fetch(request) {
    const { pathname } = new URL(request.url);
    try {
      if (pathname === "/info") return Response.json(this.#info());
      if (pathname === "/try") return Response.json(this.#try(await request.json()));
      if (pathname === "/import") return Response.json(this.#import(await request.json()));
      if (pathname === "/export") return this.#export(await request.json());
    } catch (error) {
      return Response.json({ error: String(error.message ?? error) }, { status: 400 });
    }
    return new Response("Not found", { status: 404 });
  }

  // Removes all data. The name stays usable: the next call starts an empty database.
  async destroy() {
    await this.ctx.storage.deleteAll();
  }

  #limited(act) {
    const { sql } = this.ctx.storage;
    const before = sql.databaseSize;
    return this.ctx.storage.transactionSync(() => {
      const result = act();
      const after = sql.databaseSize;
      if (after > before && after > DATABASE_BYTES) throw new Error("Exceeded maximum DB size");
      return result;
    });
  }

  #info() {
    const { sql } = this.ctx.storage;
    const tables = sql.exec(
      "SELECT count(*) AS n FROM sqlite_schema WHERE type = 'table' " +
        "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_cf\\_%' ESCAPE '\\'",
    );
    return { file_size: sql.databaseSize, num_tables: tables.one().n };
  }

  // Runs statements that only read, with at most `most_rows` rows of each. Undoes all of them if
  // one writes, and returns how many rows they would have changed.
  #try({ queries, most_rows }) {
    queries.forEach(checkLimits);
    let changes = 0;
    try {
      return this.ctx.storage.transactionSync(() => {
        const { results } = super.run(queries, false);
        changes = results.reduce((sum, { meta }) => sum + meta.changes, 0);
        if (results.some(writes)) throw new WouldWrite();
        return { results: results.map((result) => shortened(result, most_rows)) };
      });
    } catch (error) {
      if (error instanceof WouldWrite) return { would_write: { changes } };
      throw error;
    }
  }

  // `statements` are without parameters; their rows are dropped.
  #import(statements) {
    const { sql } = this.ctx.storage;
    const meta = { rows_read: 0, rows_written: 0 };
    this.#limited(() => {
      statements.forEach((statement, index) => {
        try {
          const cursor = sql.exec(statement);
          cursor.toArray();
          meta.rows_read += cursor.rowsRead;
          meta.rows_written += cursor.rowsWritten;
        } catch (error) {
          throw new Error(`${error.message} at statement ${index + 1}: ${statement.slice(0, 200)}`);
        }
      });
    });
    return { ...meta, changed_db: meta.rows_written > 0, size_after: sql.databaseSize };
  }

  #export({ noSchema, noData, tables }) {
    if (this.ctx.storage.sql.databaseSize > EXPORT_BYTES) {
      throw new Error("This database is too large to export: the limit is 500 MB.");
    }
    const lines = this.dump(noSchema, noData, ...tables);
    let next = 0;
    const body = new ReadableStream({
      pull(controller) {
        const part = lines.slice(next, (next += 1000));
        if (part.length) controller.enqueue(encoder.encode(`${part.join("\n")}\n`));
        if (next >= lines.length) controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "application/sql" } });
  }
}

const shortened = (result, most) => ({
  ...result,
  rows: result.rows.slice(0, most),
  is_shortened: result.rows.length > most,
});

class WouldWrite extends Error {}

const writes = ({ meta }) => meta.changed_db || meta.rows_written > 0;

function checkLimits({ sql, params }) {
  if (byteLength(sql, STATEMENT_BYTES) > STATEMENT_BYTES) {
    throw new Error("statement too long: SQLITE_TOOBIG");
  }
  if ((params?.length ?? 0) > PARAMETERS) {
    throw new Error(`too many SQL variables: the limit is ${PARAMETERS}: SQLITE_ERROR`);
  }
  for (const value of params ?? []) {
    const size = typeof value === "string" ? byteLength(value, VALUE_BYTES) : (value?.length ?? 0);
    if (size > VALUE_BYTES) throw new Error("string or blob too big: SQLITE_TOOBIG");
  }
}

// Bytes of a text; only counted where the number of characters does not decide it.
function byteLength(text, limit) {
  const { length } = text;
  if (length > limit || length * 3 <= limit) return length;
  return encoder.encode(text).length;
}

// The binding's protocol: POST /query and /execute.
export class D1 extends D1Binding {}

export default {
  async fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    const database = namespaceOf(request);
    if (pathname === "/query" || pathname === "/execute") {
      return ctx.exports.D1({ props: { database } }).fetch(request);
    }
    const object = env.DATABASE.get(env.DATABASE.idFromName(database));
    if (pathname === "/__destroy") {
      await object.destroy();
      return new Response(null, { status: 204 });
    }
    return object.fetch(request);
  },
};
