export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/send") {
      await env.JOBS.sendBatch([{ body: { key: "good" } }, { body: { key: "bad" } }]);
      return new Response("__RELEASE__ sent");
    }
    if (pathname === "/done") return new Response((await env.RESULTS.list()).keys.map((key) => key.name).join(" "));
    return new Response("__RELEASE__");
  },
  async queue(batch, env) {
    for (const message of batch.messages) {
      if (message.body.key === "bad" && batch.queue === "public-jobs") message.retry();
      else await env.RESULTS.put(`${batch.queue}/${message.body.key}`, "done");
    }
  },
};
