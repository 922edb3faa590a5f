export default { fetch: (request, env) => new Response(`__RELEASE__ ${env.STAGE}`) };
