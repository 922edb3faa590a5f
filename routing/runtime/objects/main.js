// Main module of a version with Durable Objects. compile/workerd/objects.py replaces "__MAIN__" and
// adds one line per class and for the default export.
import "__PRELUDE__";
import * as code from "__MAIN__";
import { WorkerEntrypoint } from "cloudflare:workers";
import { control, hostCall, hostFetch, hostGet, objectClass } from "sluice:objects";

export * from "__MAIN__";

/** Calls from other processes. */
export class __SluiceObjects extends WorkerEntrypoint {
  fetch(request) {
    return hostFetch(request);
  }
  call(...call) {
    return hostCall(...call);
  }
  get(...call) {
    return hostGet(...call);
  }
}

/** The agent's requests. */
export class __SluiceObjectsControl extends WorkerEntrypoint {
  fetch(request) {
    return control(request, this.ctx);
  }
}
