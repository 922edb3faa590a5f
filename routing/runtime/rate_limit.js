// A rate limiting binding: asks the edge's process (rate_limits_store.js). While that is away or
// restarts every call is within the limit, because a request must not fail for it.
//
// Inner bindings: fetcher, limit and period (text).
const NAMES = ["key", "limit", "period"];
const PERIODS = [10, 60];
const TIMEOUT_MS = 3000;
const LONGEST = 256; // characters of a key; longer ones are counted by their hash

export default function rateLimit(env) {
  return {
    async limit(options) {
      if (typeof options !== "object" || options === null)
        throw new TypeError("invalid rate limit options");
      const others = Object.keys(options).filter((name) => !NAMES.includes(name));
      if (others.length) throw new TypeError(`bad rate limit options: [${others.join(",")}]`);
      const { key = "", limit = Number(env.limit), period = Number(env.period) } = options;
      if (typeof key !== "string") throw new TypeError(`invalid key: ${key}`);
      if (typeof limit !== "number") throw new TypeError(`limit must be a number: ${limit}`);
      if (!PERIODS.includes(period)) throw new TypeError(`unsupported period: ${period}`);
      try {
        const body = JSON.stringify({ key: await short(key), limit, period });
        const signal = AbortSignal.timeout(TIMEOUT_MS);
        const init = { method: "POST", body, signal };
        const answer = await env.fetcher.fetch("http://rate-limits/", init);
        if (answer.ok) return await answer.json();
        await answer.body?.cancel();
      } catch {
        // The process is away.
      }
      return { success: true };
    },
  };
}

async function short(key) {
  if (key.length <= LONGEST) return key;
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
