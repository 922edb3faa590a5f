// R2 buckets: miniflare's Worker, one object for each bucket, with the guarantees that a simulator
// does not need: a failed write is an error, and leaves nothing on the disk.
import { AsyncLocalStorage } from "node:async_hooks";
import { R2BucketObject as Stored } from "bucket.js";
import { namespaceOf } from "./header.js";

const FULL = "The disk is full. Nothing was stored.";
const NOT_WRITTEN = "The object could not be written to the disk, which may be full. Nothing was stored.";
const INTERNAL = 10001; // R2's codes
const TOO_LARGE = 100100;
const MOST_BYTES = 5_363_466_240;
const HOUR_MS = 3_600_000;
const UPLOAD_MS = 7 * 24 * HOUR_MS; // as R2's default lifecycle rule
const KEPT_MS = 3000; // a backup takes contents after the database that names them

/** Buckets whose folder was swept since the process started. */
const swept = new Set();

/** Blobs that the current request has written, and whether one could not be. */
const current = new AsyncLocalStorage();

export default {
  async fetch(request, env) {
    const bucket = namespaceOf(request);
    const id = env.BUCKETS.idFromName(bucket);
    try {
      // The name is that of the folder with the contents; the database's file has the same.
      const cf = { miniflare: { name: id.toString() } };
      return await env.BUCKETS.get(id).fetch(request, { cf });
    } catch (error) {
      // The database could not be written, which is found out when a request is through.
      if (isFull(error.message)) return refuse(507, INTERNAL, FULL);
      if (error.message === "deleted") return new Response(null, { status: 204 });
      throw error;
    }
  },
};

export class R2BucketObject extends Stored {
  /** Until what a killed process left half-written is gone. @type {Promise<void> | undefined} */
  #ready;
  /** When multipart uploads were last looked through. */
  #expired_at = 0;

  constructor(state, env) {
    const blobs = { fetch: (url, options) => this.#fetchBlob(url, options) };
    super(state, { MINIFLARE_BLOBS: blobs });
    this.disk = env.DISK;
  }

  async fetch(request) {
    const folder = `http://disk/${request.cf.miniflare.name}/blobs/`;
    if (new URL(request.url).pathname === "/__destroy") return this.#destroy(folder);
    await (this.#ready ??= this.#sweep(folder).catch((error) => console.error(error)));
    await this.#expire(folder).catch((error) => console.error(error));
    const size = Number(request.headers.get("content-length"));
    if (size - Number(request.headers.get("cf-r2-metadata-size")) > MOST_BYTES)
      return refuse(400, TOO_LARGE, "The object is larger than 5 GiB.");
    const context = { written: [], failed: false };
    const response = await current.run(context, () => super.fetch(request));
    if (response.ok) return response;
    await Promise.all(context.written.map((url) => this.disk.fetch(url, { method: "DELETE" })));
    if (response.status < 500) return response;
    if (context.failed) return refuse(507, INTERNAL, NOT_WRITTEN);
    return isFull(await response.text())
      ? refuse(507, INTERNAL, FULL)
      : refuse(500, INTERNAL, "The bucket failed.");
  }

  async #fetchBlob(url, options = {}) {
    if (options.method === "DELETE") await scheduler.wait(KEPT_MS);
    if (options.method !== "PUT") return this.disk.fetch(url, options);
    const context = current.getStore();
    context.written.push(url);
    try {
      const response = await this.disk.fetch(url, options);
      if (response.ok) return response;
      throw new Error(`${response.status} ${await response.text()}`);
    } catch (error) {
      context.failed = true; // workerd keeps the cause to its log
      throw error;
    }
  }

  /** Aborts multipart uploads that were begun a week ago, at most once an hour. The packaged Worker
   *  stores no time: an upload begins here when it is first seen. */
  async #expire(folder) {
    const now = Date.now();
    if (now - this.#expired_at < HOUR_MS) return;
    this.#expired_at = now;
    const blobs = this.state.storage.transactionSync(() => abortUploads(this.db, now));
    for (const { blob_id } of blobs) await this.disk.fetch(folder + blob_id, { method: "DELETE" });
  }

  async #destroy(folder) {
    await this.state.storage.deleteAll();
    const response = await this.disk.fetch(folder.replace(/blobs\/$/, ""), { method: "DELETE" });
    if (!response.ok && response.status !== 404) return new Response(null, { status: 500 });
    this.state.abort("deleted"); // the next one starts with an empty database
    return new Response(null, { status: 204 });
  }

  /** Deletes what was written and never recorded, as by a process that was killed. Before the first
   *  request, so that nothing is being written. */
  async #sweep(folder) {
    if (swept.has(folder)) return;
    swept.add(folder);
    const response = await this.disk.fetch(folder);
    if (!response.ok) return;
    const used = new Set();
    for (const table of ["_mf_objects", "_mf_multipart_parts"])
      for (const { blob_id } of this.db.exec(`SELECT blob_id FROM ${table}`)) used.add(blob_id);
    for (const { name } of await response.json())
      if (!used.has(name)) await this.disk.fetch(folder + name, { method: "DELETE" });
  }
}

/** Returns the contents that no upload refers to any more. */
function abortUploads(db, now) {
  const last = now - UPLOAD_MS;
  db.exec(
    "CREATE TABLE IF NOT EXISTS _sluice_uploads (upload_id TEXT PRIMARY KEY, started_at INTEGER)",
  );
  db.exec(
    `INSERT OR IGNORE INTO _sluice_uploads
    SELECT upload_id, ? FROM _mf_multipart_uploads WHERE state = 0`,
    now,
  );
  const old = "(SELECT upload_id FROM _sluice_uploads WHERE started_at < ?)";
  const blobs = db
    .exec(
      `DELETE FROM _mf_multipart_parts WHERE object_key IS NULL AND upload_id IN ${old}
      RETURNING blob_id`,
      last,
    )
    .toArray();
  db.exec(
    `UPDATE _mf_multipart_uploads SET state = 2 WHERE state = 0 AND upload_id IN ${old}`,
    last,
  );
  db.exec("DELETE FROM _sluice_uploads WHERE started_at < ?", last);
  return blobs;
}

const isFull = (text) => /SQLITE_FULL|disk is full/i.test(text);

function refuse(status, code, message) {
  const error = JSON.stringify({ version: 1, v4code: code, message });
  return new Response(null, { status, headers: { "cf-r2-error": error } });
}
