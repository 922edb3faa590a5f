import { RpcTarget, WorkerEntrypoint } from "cloudflare:workers";

class Counter extends RpcTarget {
  constructor(value) {
    super();
    this.value = value;
  }
  increment() {
    return ++this.value;
  }
}

export default class extends WorkerEntrypoint {
  fetch(request) {
    return new Response(new URL(request.url).pathname);
  }
  add(a, b) {
    return a + b;
  }
  callBack(call) {
    return call(21);
  }
  counter(start) {
    return new Counter(start);
  }
}

export class Admin extends WorkerEntrypoint {
  role() {
    return "admin";
  }
}
