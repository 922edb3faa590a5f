// The outbox: messages of Workers until the control plane has delivered them, and a month longer.
// A binding's rules are in the id of its capability; the id "outbox" is the control plane's.
import { DurableObject } from "cloudflare:workers";
import { namespaceOf } from "./header.js";

const LARGEST = 5 * 1024 * 1024;
const PART = 1024 * 1024; // bytes; a row has at most 2 MB
const MOST_WAITING = 10_000;
const MOST_BYTES = 2 * 1024 ** 3;
const MOST_RECIPIENTS = 50;
const KEPT_MS = 30 * 86_400_000;

const CREATE = `
  CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL, worker TEXT NOT NULL,
    binding TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL,
    form TEXT NOT NULL, size INTEGER NOT NULL, created_ms INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0,
    due_ms INTEGER NOT NULL, error TEXT NOT NULL DEFAULT '', ended_ms INTEGER
  );
  CREATE TABLE IF NOT EXISTS parts (
    message INTEGER NOT NULL, number INTEGER NOT NULL, content BLOB NOT NULL,
    PRIMARY KEY (message, number)
  );
  CREATE INDEX IF NOT EXISTS messages_due ON messages (state, due_ms);
`;
const INSERT = `INSERT INTO messages
  (message_id, worker, binding, sender, recipients, subject, form, size, created_ms, due_ms)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`;

export class Outbox extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    this.sql = ctx.storage.sql;
    this.sql.exec(CREATE);
  }

  store(message, content) {
    const { n } = this.sql.exec("SELECT count(*) AS n FROM messages WHERE state = 'waiting'").one();
    if (n >= MOST_WAITING || this.sql.databaseSize >= MOST_BYTES)
      return { status: 507, error: "too many messages wait to be delivered" };
    const now = Date.now();
    const { messageId, worker, binding, from, to, subject, form } = message;
    const values = [messageId, worker, binding, from, JSON.stringify(to), subject, form];
    this.ctx.storage.transactionSync(() => {
      const { id } = this.sql.exec(INSERT, ...values, content.byteLength, now, now).one();
      for (let start = 0; start < content.byteLength || start === 0; start += PART)
        this.sql.exec(
          "INSERT INTO parts VALUES (?, ?, ?)", id, start / PART, content.slice(start, start + PART),
        );
    });
    return { status: 200, messageId };
  }

  // Leases due messages; one that is not settled comes again.
  take({ limit, lease_ms }) {
    const now = Date.now();
    this.#prune(now);
    const rows = this.sql
      .exec(
        "SELECT * FROM messages WHERE state = 'waiting' AND due_ms <= ? ORDER BY due_ms LIMIT ?",
        now, limit,
      )
      .toArray();
    for (const { id } of rows)
      this.sql.exec("UPDATE messages SET due_ms = ? WHERE id = ?", now + lease_ms, id);
    return { messages: rows.map(shown) };
  }

  // `state` is sent, failed, or waiting for the next attempt in `wait_ms`.
  settle({ id, state, error, wait_ms }) {
    const now = Date.now();
    const ended = state === "waiting" ? null : now;
    this.sql.exec(
      `UPDATE messages SET state = ?, error = ?, due_ms = ?, ended_ms = ?, attempts = attempts + 1
       WHERE id = ? AND state = 'waiting'`,
      state, error ?? "", now + (wait_ms ?? 0), ended, id,
    );
    return {};
  }

  list({ before, limit, worker }) {
    const rows = this.sql.exec(
      `SELECT * FROM messages WHERE id < ? AND (? = '' OR worker = ?) ORDER BY id DESC LIMIT ?`,
      before ?? Number.MAX_SAFE_INTEGER, worker ?? "", worker ?? "", limit,
    );
    return { messages: rows.toArray().map(shown) };
  }

  content({ id }) {
    const rows = this.sql.exec("SELECT content FROM parts WHERE message = ? ORDER BY number", id);
    const parts = rows.toArray().map((row) => row.content);
    return parts.length ? new Blob(parts).arrayBuffer() : null;
  }

  #prune(now) {
    const old = "SELECT id FROM messages WHERE ended_ms < ? LIMIT 100";
    this.sql.exec(`DELETE FROM parts WHERE message IN (${old})`, now - KEPT_MS);
    this.sql.exec(`DELETE FROM messages WHERE id IN (${old})`, now - KEPT_MS);
  }
}

const shown = (row) => ({ ...row, recipients: JSON.parse(row.recipients) });

export default {
  async fetch(request, env) {
    const id = namespaceOf(request);
    const outbox = env.OUTBOX.getByName("outbox");
    const { pathname } = new URL(request.url);
    if (id === "outbox") return administer(pathname, outbox, request);
    const rules = rulesOf(id);
    if (!rules || request.method !== "POST" || pathname !== "/send")
      return new Response(null, { status: 404 });
    return send(outbox, rules, request);
  },
};

async function administer(pathname, outbox, request) {
  const given = await request.json();
  if (pathname === "/take") return Response.json(await outbox.take(given));
  if (pathname === "/settle") return Response.json(await outbox.settle(given));
  if (pathname === "/list") return Response.json(await outbox.list(given));
  if (pathname !== "/content") return new Response(null, { status: 404 });
  const content = await outbox.content(given);
  return new Response(content, { status: content ? 200 : 404 });
}

function rulesOf(id) {
  try {
    const text = atob(id.replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0))));
  } catch {
    return null;
  }
}

const refusal = (status, error) => Response.json({ error }, { status });

async function send(outbox, rules, request) {
  const size = Number(request.headers.get("content-length") ?? 0);
  if (size > LARGEST) return refusal(413, "the message has more than 5 MiB");
  const content = new Uint8Array(await request.arrayBuffer());
  if (content.byteLength > LARGEST) return refusal(413, "the message has more than 5 MiB");
  const envelope = envelopeOf(request);
  if (!envelope) return refusal(400, "the envelope is invalid");
  const headers = envelope.form === "raw" ? headersOf(content) : null;
  const problem = forbidden(rules, envelope) ?? (headers && wrongHeaders(headers, envelope));
  if (problem) return refusal(403, problem);
  const { worker, binding } = rules;
  const messageId = headers
    ? headers.get("message-id")
    : `<${crypto.randomUUID()}@${envelope.from.split("@").pop()}>`;
  const subject = (headers ? headers.get("subject") : envelope.subject) ?? "";
  const message = { ...envelope, subject: subject.slice(0, 500), messageId, worker, binding };
  const { status, ...answer } = await outbox.store(message, content);
  return Response.json(answer, { status });
}

const isAddress = (text) => typeof text === "string" && /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(text);

function envelopeOf(request) {
  try {
    const text = atob(request.headers.get("x-email-envelope"));
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const { form, from, to, subject = "" } = JSON.parse(new TextDecoder().decode(bytes));
    const isValid =
      ["raw", "fields"].includes(form) &&
      isAddress(from) &&
      Array.isArray(to) &&
      to.length > 0 &&
      to.length <= MOST_RECIPIENTS &&
      to.every(isAddress) &&
      typeof subject === "string";
    return isValid ? { form, from, to, subject } : null;
  } catch {
    return null;
  }
}

/** Cloudflare's texts. */
function forbidden(rules, { from, to }) {
  const {
    destination_address: only,
    allowed_destination_addresses: destinations = only ? [only] : undefined,
    allowed_sender_addresses: senders,
  } = rules;
  const isIn = (listed, address) =>
    !listed || listed.some((each) => each.toLowerCase() === address.toLowerCase());
  if (!isIn(senders, from)) return `email from ${from} not allowed`;
  const other = to.find((address) => !isIn(destinations, address));
  return other === undefined ? null : `email to ${other} not allowed`;
}

/** The first of each name, in lower case, with folded lines joined; several From are an empty one.
 *  Lines end as in dashboard/storage/mail/deliver.py. */
function headersOf(content) {
  const text = new TextDecoder("latin1").decode(content).replace(/\r\n?/g, "\n");
  const lines = text.split("\n\n", 1)[0].replace(/\n[ \t]+/g, " ").split("\n");
  const headers = new Map();
  for (const line of lines) {
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).trim().toLowerCase();
    if (name === "from" && headers.has(name)) headers.set(name, "");
    if (colon > 0 && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}

/** Cloudflare's texts. */
function wrongHeaders(headers, { from }) {
  if (!/^<[^<>\s]+>$/.test(headers.get("message-id") ?? "")) return "invalid message-id";
  if (headers.has("received")) return "invalid headers set";
  const given = headers.get("from") ?? "";
  const address = (/<([^<>]*)>\s*$/.exec(given)?.[1] ?? given).trim();
  return address.toLowerCase() === from.toLowerCase()
    ? null
    : "From: header does not match mail from";
}
