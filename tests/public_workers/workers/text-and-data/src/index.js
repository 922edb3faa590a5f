import page from "./page.html";
import query from "./query.sql";
import bytes from "./pixel.bin";
export default {
  async fetch() {
    const body = `__RELEASE__ ${page.trim()} ${query.trim()} ${new Uint8Array(bytes).join(",")}`;
    return new Response(body, { headers: { "content-type": "text/html" } });
  },
};
