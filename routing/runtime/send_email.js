// Sends mail: stores a message in the outbox of the state process, which checks addresses, and
// returns once it is stored. The control plane delivers it.
//
// Inner binding: outbox.
const RAW = "EmailMessage::raw";
const LARGEST = 5 * 1024 * 1024;
const TIMEOUT_MS = 30_000;
const FIELDS = ["subject", "text", "html", "replyTo", "headers"];
const encoder = new TextEncoder();

export default function sendEmail(env) {
  return {
    async send(message) {
      if (typeof message !== "object" || message === null)
        throw new TypeError("send() takes an EmailMessage or its fields");
      const { envelope, body } = RAW in message ? await raw(message) : fields(message);
      if (body.byteLength > LARGEST) throw new Error("the message has more than 5 MiB");
      const answer = await post(env, envelope, body);
      const { messageId, error } = await answer.json().catch(() => ({}));
      if (answer.ok && messageId) return { messageId };
      throw new Error(error ?? "the message could not be stored");
    },
  };
}

async function post(env, envelope, body) {
  const text = base64(encoder.encode(JSON.stringify(envelope)));
  try {
    return await env.outbox.fetch("http://outbox/send", {
      method: "POST",
      headers: { "x-email-envelope": text },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Error("the outbox does not answer");
  }
}

async function raw(message) {
  const body = new Uint8Array(await new Response(message[RAW]).arrayBuffer());
  return { envelope: { form: "raw", from: message.from, to: [message.to] }, body };
}

/** Cloudflare's message fields; an address is text or `{ email, name }`. */
function fields(message) {
  const lists = { to: list(message.to), cc: list(message.cc), bcc: list(message.bcc) };
  const to = Object.values(lists).flat().map(plain);
  if (!to.length) throw new TypeError("send() needs a recipient");
  const chosen = Object.fromEntries(FIELDS.map((name) => [name, message[name]]));
  const attachments = (message.attachments ?? []).map((file) => ({
    filename: String(file.filename ?? "attachment"),
    type: String(file.type ?? "application/octet-stream"),
    disposition: file.disposition === "inline" ? "inline" : "attachment",
    contentId: file.contentId,
    content: base64(bytes(file.content)),
  }));
  const body = encoder.encode(
    JSON.stringify({ ...chosen, ...lists, from: message.from, attachments }),
  );
  const from = plain(message.from);
  return { envelope: { form: "fields", from, to, subject: String(message.subject ?? "") }, body };
}

const list = (value) => (value === undefined || value === null ? [] : [value].flat());

function plain(address) {
  const text = typeof address === "string" ? address : address?.email;
  if (typeof text !== "string") throw new TypeError("an address is text or { email, name }");
  return (/<([^<>]*)>\s*$/.exec(text)?.[1] ?? text).trim();
}

function bytes(content) {
  if (typeof content === "string") return encoder.encode(content);
  if (content instanceof ArrayBuffer) return new Uint8Array(content);
  if (ArrayBuffer.isView(content))
    return new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  throw new TypeError("the content of an attachment is text or bytes");
}

function base64(data) {
  let text = "";
  for (let i = 0; i < data.length; i += 0x8000)
    text += String.fromCharCode(...data.subarray(i, i + 0x8000));
  return btoa(text);
}
