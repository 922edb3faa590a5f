// The main module of every version with modules: the code's own exports, and two entrypoints that
// only other processes of the edge reach. `compile/workerd/entry.py` fills in the code's main
// module.
import * as main from "__MAIN__";
import { WorkerEntrypoint } from "cloudflare:workers";
export * from "__MAIN__";
/*__DEFAULT__*/

const PROPS = "x-edge-props";

// Calls of service bindings with props: workerd takes props of another process from its socket
// only, so they travel in a header (fetch) or as an argument (RPC).
export class __sluice_props extends WorkerEntrypoint {
  #entrypoint(name, props) {
    const entrypoint = this.ctx.exports?.[name];
    if (!entrypoint) throw new TypeError(`The Worker exports no entrypoint "${name}".`);
    return entrypoint({ props });
  }

  fetch(request) {
    const { entrypoint, props } = JSON.parse(request.headers.get(PROPS));
    const headers = new Headers(request.headers);
    headers.delete(PROPS);
    return this.#entrypoint(entrypoint, props).fetch(new Request(request, { headers }));
  }

  // `args` is undefined for a property.
  call(entrypoint, props, name, args) {
    const stub = this.#entrypoint(entrypoint, props);
    return args ? stub[name](...args) : stub[name];
  }
}

// Calls `tail()` of the code's default export: an event does not cross processes.
export class __sluice_tail extends WorkerEntrypoint {
  async fetch(request) {
    const events = await request.json();
    const handler = main.default;
    if (typeof handler === "function") await new handler(this.ctx, this.env).tail(events);
    else await handler.tail(events, this.env, this.ctx);
    return new Response(null, { status: 204 });
  }
}
