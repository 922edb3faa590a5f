export default {
  fetch: (request) => new Response(`__RELEASE__ ${new URL(request.url).host}`),
};
