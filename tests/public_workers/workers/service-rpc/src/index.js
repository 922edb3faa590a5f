export default {
  async fetch(request, env) {
    using counter = await env.BACKEND.counter(5);
    await counter.increment();
    const fetched = await env.BACKEND.fetch("http://backend/inner");
    return Response.json({
      release: "__RELEASE__",
      sum: await env.BACKEND.add(1, 2),
      callback: await env.BACKEND.callBack((value) => value * 2),
      counter: await counter.increment(),
      fetched: await fetched.text(),
      role: await env.ADMIN.role(),
    });
  },
};
