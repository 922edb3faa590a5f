import { env as globalEnv } from "cloudflare:workers";
export default {
  async fetch(request, env) {
    const signedIn = request.headers.get("authorization") === `Bearer ${env.API_KEY}`;
    const same = globalEnv.MODE === env.MODE;
    return Response.json({ release: "__RELEASE__", signedIn, mode: env.MODE, limit: env.LIMITS.daily, same });
  },
};
