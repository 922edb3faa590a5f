import { isbot } from "isbot";
import { renderToReadableStream } from "react-dom/server";
import { RemixServer as Router } from "@remix-run/react";

export default async function handleRequest(request: Request, status: number, headers: Headers, context: any) {
  const body = await renderToReadableStream(<Router context={context} url={request.url} />);
  if (isbot(request.headers.get("user-agent") ?? "")) await body.allReady;
  headers.set("Content-Type", "text/html");
  return new Response(body, { headers, status });
}
