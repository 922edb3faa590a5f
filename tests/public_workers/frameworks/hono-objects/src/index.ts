import { DurableObject } from "cloudflare:workers";
import { Hono } from "hono";

type Bindings = { LISTS: DurableObjectNamespace<TodoList> };

export class TodoList extends DurableObject<Bindings> {
  app = new Hono();

  constructor(ctx: DurableObjectState, env: Bindings) {
    super(ctx, env);
    ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS todos (title TEXT PRIMARY KEY, done INTEGER DEFAULT 0)");
    this.app.get("/lists/:list", (c) => c.json(this.ctx.storage.sql.exec("SELECT title, done FROM todos").toArray()));
    this.app.put("/lists/:list/:title", (c) => {
      this.ctx.storage.sql.exec("INSERT OR IGNORE INTO todos (title) VALUES (?)", c.req.param("title"));
      return c.json({ saved: c.req.param("title") }, 201);
    });
    this.app.post("/lists/:list/:title/done", (c) => {
      const changed = this.ctx.storage.sql.exec("UPDATE todos SET done = 1 WHERE title = ?", c.req.param("title"));
      return changed.rowsWritten ? c.body(null, 204) : c.notFound();
    });
  }

  override fetch(request: Request) {
    return this.app.fetch(request);
  }
}

const app = new Hono<{ Bindings: Bindings }>();
app.get("/", (c) => c.text("__RELEASE__"));
app.all("/lists/:list/*", (c) => c.env.LISTS.getByName(c.req.param("list")).fetch(c.req.raw));
app.all("/lists/:list", (c) => c.env.LISTS.getByName(c.req.param("list")).fetch(c.req.raw));
export default app;
