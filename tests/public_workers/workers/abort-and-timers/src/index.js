export default {
  async fetch(request) {
    const fired = [];
    setTimeout(() => fired.push("timeout"), 5);
    const interval = setInterval(() => fired.push("tick"), 10);
    await new Promise((resolve) => setTimeout(resolve, 60));
    clearInterval(interval);
    const reason = await scheduler.wait(5000, { signal: AbortSignal.timeout(5) }).catch((error) => error.name);
    const copy = structuredClone({ when: new Date(0), set: new Set([1]) });
    return Response.json({ release: "__RELEASE__", fired: fired.slice(0, 2), reason, size: copy.set.size });
  },
};
