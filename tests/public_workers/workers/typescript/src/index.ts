import { total } from "@lib/cart";
import settings from "./settings.json";

interface Env {
  CURRENCY: string;
}

export default {
  async fetch(_request, env): Promise<Response> {
    const sum: number = total([{ price: 2, count: 3 }]);
    return Response.json({ release: "__RELEASE__", sum, currency: env.CURRENCY, ...settings, build: BUILD });
  },
} satisfies ExportedHandler<Env>;

declare const BUILD: string;
