// Workers AI by a host that speaks OpenAI's API: `env.AI.run()` arrives as workerd's binding sends
// it, and the answer has Workers AI's shape. Only this Worker has the host's key.
const MODEL = "cf-consn-model-id";
const MOST_BYTES = 10 << 20;
// Parameters of both APIs with one meaning.
const SHARED = [
  "max_tokens", "temperature", "top_p", "seed", "frequency_penalty", "presence_penalty", "stop",
  "response_format", "tool_choice",
];

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (!env.HOST) return problem(503, 5018, "Workers AI is switched off on this server");
    try {
      if (pathname === "/ai-api/models/search") return await models(env);
      if (pathname === "/run" && request.method === "POST") return await run(request, env);
    } catch (error) {
      if (error instanceof Problem) return error.response;
      return problem(502, 3010, `The AI host cannot be reached`);
    }
    return problem(501, 5005, "Only env.AI.run() and env.AI.models() are supported");
  },
};

class Problem extends Error {
  constructor(...about) {
    super();
    this.response = problem(...about);
  }
}

const problem = (status, code, message) =>
  Response.json({ errors: [{ code, message }], internalCode: code, description: message,
    name: "InferenceUpstreamError" }, { status });

async function run(request, env) {
  if (!(Number(request.headers.get("content-length") ?? Infinity) <= MOST_BYTES))
    throw new Problem(413, 3006, "The input is larger than 10 MB");
  if (!request.headers.get("content-type")?.startsWith("application/json"))
    throw new Problem(400, 5006, "Inputs with streams are not supported");
  const { inputs } = await request.json();
  const name = request.headers.get(MODEL) ?? "";
  const model = env.MODELS[name] ?? name;
  if (!model || !inputs || typeof inputs !== "object")
    throw new Problem(400, 5006, "Expected a model and an object with inputs");
  if (Array.isArray(inputs.messages)) return await chat(env, model, inputs);
  if (typeof inputs.prompt === "string") return await complete(env, model, inputs);
  if (typeof inputs.text === "string" || Array.isArray(inputs.text))
    return await embed(env, model, inputs.text);
  throw new Problem(400, 5006, "Inputs need messages, prompt or text");
}

function parameters(model, inputs) {
  const shared = SHARED.filter((name) => inputs[name] !== undefined);
  return { model, ...Object.fromEntries(shared.map((name) => [name, inputs[name]])) };
}

async function chat(env, model, inputs) {
  const body = { ...parameters(model, inputs), messages: inputs.messages };
  if (inputs.tools) body.tools = inputs.tools.map(tool);
  if (inputs.stream) return await stream(env, "/chat/completions", body, ({ delta }) => delta?.content);
  const { choices, usage } = await post(env, "/chat/completions", body);
  const message = choices?.[0]?.message ?? {};
  const answer = { response: message.content ?? null, tool_calls: (message.tool_calls ?? []).map(called) };
  return Response.json({ ...answer, ...(usage ? { usage } : {}) });
}

const tool = (given) => (given.function ? given : { type: "function", function: given });

function called({ id, function: { name, arguments: given } }) {
  try {
    return { id, name, arguments: JSON.parse(given) };
  } catch {
    return { id, name, arguments: given };
  }
}

async function complete(env, model, inputs) {
  const body = { ...parameters(model, inputs), prompt: inputs.prompt };
  if (inputs.stream) return await stream(env, "/completions", body, ({ text }) => text);
  const { choices, usage } = await post(env, "/completions", body);
  return Response.json({ response: choices?.[0]?.text ?? null, ...(usage ? { usage } : {}) });
}

async function embed(env, model, text) {
  const { data } = await post(env, "/embeddings", { model, input: text });
  const vectors = [...data].sort((a, b) => a.index - b.index).map(({ embedding }) => embedding);
  return Response.json({ shape: [vectors.length, vectors[0]?.length ?? 0], data: vectors });
}

async function models(env) {
  const { data } = await call(env, "/models", { method: "GET" }).then((response) => response.json());
  return Response.json({ result: data.map(({ id }) => ({ id, name: id })) });
}

async function post(env, path, body) {
  return await (await call(env, path, { method: "POST", body: JSON.stringify(body) })).json();
}

async function call(env, path, init) {
  const headers = { "content-type": "application/json" };
  if (env.KEY) headers.authorization = `Bearer ${env.KEY}`;
  const response = await env.HOST.fetch(env.BASE + path, { ...init, headers, redirect: "manual" });
  if (response.ok) return response;
  const text = await response.text();
  let message = text.slice(0, 500);
  try {
    message = JSON.parse(text).error?.message ?? message;
  } catch {
    // Not JSON: its text.
  }
  const status = response.status >= 400 ? response.status : 502;
  throw new Problem(status, 3000 + (status % 1000), message || `The AI host answered ${status}`);
}

// Their events as Workers AI's: `{"response": text}`, and `[DONE]` at the end.
async function stream(env, path, body, textOf) {
  const options = { stream: true, stream_options: { include_usage: true } };
  const init = { method: "POST", body: JSON.stringify({ ...body, ...options }) };
  const response = await call(env, path, init);
  let rest = "";
  const events = new TransformStream({
    transform(chunk, controller) {
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop();
      for (const line of lines) {
        const event = converted(line, textOf);
        if (event) controller.enqueue(event);
      }
    },
    flush(controller) {
      const event = converted(rest, textOf);
      if (event) controller.enqueue(event);
    },
  });
  const converting = response.body
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(events)
    .pipeThrough(new TextEncoderStream());
  return new Response(converting, { headers: { "content-type": "text/event-stream" } });
}

function converted(line, textOf) {
  if (!line.startsWith("data:")) return "";
  const data = line.slice(5).trim();
  if (data === "[DONE]") return "data: [DONE]\n\n";
  try {
    const { choices, usage } = JSON.parse(data);
    const response = (choices?.[0] && textOf(choices[0])) ?? "";
    if (!response && !usage) return "";
    return `data: ${JSON.stringify({ response, ...(usage ? { usage } : {}) })}\n\n`;
  } catch {
    return "";
  }
}
