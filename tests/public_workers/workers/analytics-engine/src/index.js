export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/wrong") {
      try {
        env.VISITS.writeDataPoint({ indexes: ["a", "b"] });
      } catch (error) {
        return new Response(error.name);
      }
    }
    if (pathname === "/count") {
      const start = performance.now();
      env.VISITS.writeDataPoint({
        indexes: ["__RELEASE__"],
        blobs: [request.method, pathname],
        doubles: [1, performance.now() - start],
      });
      return new Response("__RELEASE__ counted");
    }
    return new Response("__RELEASE__");
  },
};
