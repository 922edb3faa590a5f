export default {
  async fetch() {
    return new Response("__RELEASE__");
  },
};
