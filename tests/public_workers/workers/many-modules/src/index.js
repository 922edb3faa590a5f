import { greet } from "./lib/greet.js";
export default {
  async fetch(request) {
    const { later } = await import("./lib/later.js");
    return new Response(greet("module") + later);
  },
};
