import { EmailMessage } from "cloudflare:email";

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    if (pathname !== "/send") return new Response("__RELEASE__");
    const to = searchParams.get("to");
    const lines = [
      "From: Shop <shop@example.com>",
      `To: ${to}`,
      "Subject: Order of __RELEASE__",
      `Message-ID: <${crypto.randomUUID()}@example.com>`,
      "",
      "Thank you.",
    ];
    try {
      await env.EMAIL.send(new EmailMessage("shop@example.com", to, lines.join("\r\n")));
    } catch (error) {
      return new Response(error.message);
    }
    return new Response("__RELEASE__ sent");
  },
};
