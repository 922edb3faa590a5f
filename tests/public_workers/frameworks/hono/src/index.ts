import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { cors } from "hono/cors";
import { secureHeaders } from "hono/secure-headers";
import { stream } from "hono/streaming";

type Bindings = { TOKEN: string };
const app = new Hono<{ Bindings: Bindings }>();

app.use(secureHeaders());
app.use("/api/*", cors({ origin: "https://example.com" }));
app.use("/admin/*", (c, next) => bearerAuth({ token: c.env.TOKEN })(c, next));
app.get("/", (c) => c.text("__RELEASE__"));
app.get("/api/posts/:id", (c) => c.json({ release: "__RELEASE__", id: c.req.param("id"), q: c.req.query("q") }));
app.get("/admin/x", (c) => c.text("admin"));
app.get("/stream", (c) => stream(c, async (out) => {
  for (const part of ["a", "b"]) await out.write(part);
}));
app.notFound((c) => c.text("none __RELEASE__", 404));

export default app;
