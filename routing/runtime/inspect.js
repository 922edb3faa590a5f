// Main module of the throw-away run that checks an upload: says what the Worker's main module
// exports. The two strings in capitals are replaced by compile/workerd.py.
import * as main from "__MAIN__";
import { DurableObject, WorkerEntrypoint, WorkflowEntrypoint } from "cloudflare:workers";

const CLASSES = { WorkerEntrypoint, DurableObject, WorkflowEntrypoint };
const HANDLERS = [
  "fetch", "scheduled", "queue", "tail", "tailStream", "email", "trace", "test", "connect",
];

const handlers = (value) => HANDLERS.filter((name) => typeof value[name] === "function");

function describe(value) {
  if (typeof value === "function") {
    for (const [kind, base] of Object.entries(CLASSES))
      if (value.prototype instanceof base) return { kind, handlers: handlers(value.prototype) };
    return { kind: "function", handlers: [] };
  }
  if (value && typeof value === "object") return { kind: "object", handlers: handlers(value) };
  return { kind: value === null ? "null" : typeof value, handlers: [] };
}

export default {
  test() {
    const found = Object.keys(main).map((name) => ({ name, ...describe(main[name]) }));
    console.log("__TOKEN__" + JSON.stringify(found));
  },
};
