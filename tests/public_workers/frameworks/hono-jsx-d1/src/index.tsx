import { Hono } from "hono";
import { jsxRenderer } from "hono/jsx-renderer";
import { z } from "zod";

const Note = z.object({ text: z.string().min(1) });
const app = new Hono<{ Bindings: { DB: any } }>();

app.use(jsxRenderer(({ children }) => <html><body>{children}</body></html>));
app.get("/", async (c) => {
  const { results } = await c.env.DB.prepare("select text from notes").all();
  return c.render(<ul title="__RELEASE__">{results.map((note: any) => <li>{note.text}</li>)}</ul>);
});
app.post("/notes", async (c) => {
  const note = Note.safeParse(await c.req.json());
  if (!note.success) return c.json({ error: "invalid" }, 422);
  await c.env.DB.prepare("insert into notes values (?)").bind(note.data.text).run();
  return c.json({ release: "__RELEASE__" }, 201);
});

export default app;
