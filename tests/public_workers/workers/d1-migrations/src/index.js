export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/buy") {
      const insert = env.DB.prepare("insert into orders (product_id, release) values (?, ?)");
      const results = await env.DB.batch([insert.bind(1, "__RELEASE__"), insert.bind(2, "__RELEASE__")]);
      return Response.json(results.map((result) => result.meta.changes));
    }
    if (pathname === "/orders") {
      const query = "select release, count(*) as orders from orders group by release";
      return Response.json((await env.DB.prepare(query).all()).results);
    }
    return new Response(`__RELEASE__ ${await names(env.DB.withSession("first-primary"))}`);
  },
};

async function names(session) {
  const { results } = await session.prepare("select name from products order by id").all();
  return results.map((row) => row.name).join(", ");
}
