import { AsyncLocalStorage } from "node:async_hooks";
import assert from "node:assert";
import { Buffer } from "node:buffer";
import { createHash, randomUUID } from "node:crypto";
import { EventEmitter, once } from "node:events";
import path from "node:path";
import { Readable } from "node:stream";
import { inspect } from "util";

const store = new AsyncLocalStorage();

export default {
  async fetch(request, env) {
    const emitter = new EventEmitter();
    queueMicrotask(() => emitter.emit("ready", 7));
    const [ready] = await once(emitter, "ready");
    assert.equal(ready, 7);
    const chunks = await Readable.from(["a", "b"]).toArray();
    const inner = await store.run("__RELEASE__", async () => {
      await scheduler.wait(1);
      return store.getStore();
    });
    return Response.json({
      release: inner,
      hash: createHash("sha256").update("x").digest("hex").slice(0, 8),
      base64: Buffer.from("hi").toString("base64"),
      joined: path.join("/a", "../b"),
      stream: chunks.join(""),
      uuid: randomUUID().length,
      inspected: inspect({ a: 1 }),
      variable: process.env.MODE,
    });
  },
};
