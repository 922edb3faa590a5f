export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    return new Response(`__RELEASE__ ${request.method} ${pathname}`);
  },
};
