import { createRequestHandler } from "@remix-run/cloudflare";
import * as build from "./build/server";

const handle = createRequestHandler(build as any);

export default {
  fetch: (request: Request, env: any, ctx: any) => handle(request, { cloudflare: { env, ctx } } as any),
};
