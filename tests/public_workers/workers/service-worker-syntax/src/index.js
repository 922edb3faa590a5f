addEventListener("fetch", (event) => {
  event.respondWith(answer(event.request));
});

async function answer(request) {
  return new Response(`__RELEASE__ ${GREETING} ${new URL(request.url).pathname}`);
}
