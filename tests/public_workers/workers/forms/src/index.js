export default {
  async fetch(request) {
    if (request.method !== "POST") return new Response("__RELEASE__");
    const form = await request.formData();
    const headers = new Headers([["set-cookie", "a=1; Path=/"], ["set-cookie", "b=2; Path=/"]]);
    headers.set("location", `/thanks?name=${encodeURIComponent(form.get("name"))}`);
    return new Response(null, { status: 303, headers });
  },
};
