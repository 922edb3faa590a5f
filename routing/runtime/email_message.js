// `cloudflare:email`, which workerd leaves to its embedder.
export const RAW = "EmailMessage::raw";

class EmailMessage {
  constructor(from, to, raw) {
    if (typeof from !== "string" || typeof to !== "string")
      throw new TypeError("EmailMessage takes from and to as strings");
    this.from = from;
    this.to = to;
    Object.defineProperty(this, RAW, { value: raw });
  }
}

export default { EmailMessage };
