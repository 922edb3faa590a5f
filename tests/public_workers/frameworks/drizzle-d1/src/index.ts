import { eq } from "drizzle-orm";
import { drizzle } from "drizzle-orm/d1";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

const users = sqliteTable("users", { id: integer("id").primaryKey(), name: text("name").notNull() });

export default {
  async fetch(request: Request, env: any) {
    const db = drizzle(env.DB);
    const inserted = await db.insert(users).values({ name: "__RELEASE__" }).returning();
    const [user] = await db.select().from(users).where(eq(users.id, inserted[0].id));
    return Response.json({ release: user.name });
  },
};
