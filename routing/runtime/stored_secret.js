// A secret of a secrets store. The agent has the current value, so that a new one reaches running
// versions. While the agent is away the last value holds.
//
// Inner bindings: agent, path, name (text), and the value at the start of the process, if any.
const FRESH_MS = 1000;
const TIMEOUT_MS = 2000;

export default function storedSecret(env) {
  let value = env.value, readAt = -Infinity;

  async function read() {
    try {
      const answer = await env.agent.fetch("http://agent" + env.path, {
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = await answer.text();
      if (answer.status === 200) value = text;
      else if (answer.status === 404) value = undefined;
      else return;
      readAt = Date.now();
    } catch {
      // The agent is away.
    }
  }

  return {
    async get() {
      if (Date.now() - readAt >= FRESH_MS) await read();
      if (value === undefined) throw new Error(`Secret "${env.name}" not found`);
      return value;
    },
  };
}
