import { DurableObject } from "cloudflare:workers";

interface Env {
  LEDGERS: DurableObjectNamespace<Ledger>;
}

interface Entry {
  id: number;
  account: string;
  cents: number;
}

export class Ledger extends DurableObject<Env> {
  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, account TEXT, cents INTEGER)");
    });
  }

  book(account: string, cents: number): Entry {
    const sql = "INSERT INTO entries (account, cents) VALUES (?, ?) RETURNING id, account, cents";
    return this.ctx.storage.sql.exec<Entry>(sql, account, cents).one();
  }

  transfer(from: string, to: string, cents: number): string {
    try {
      this.ctx.storage.transactionSync(() => {
        this.book(from, -cents);
        this.book(to, cents);
        if (this.balance(from) < 0) throw new Error("overdrawn");
      });
      return "moved";
    } catch (error) {
      return (error as Error).message;
    }
  }

  balance(account: string): number {
    const sql = "SELECT coalesce(sum(cents), 0) AS cents FROM entries WHERE account = ?";
    return this.ctx.storage.sql.exec<{ cents: number }>(sql, account).one().cents;
  }

  fail(): never {
    throw new TypeError("as a caller sees it");
  }
}

export default {
  async fetch(request, env) {
    const { pathname, searchParams } = new URL(request.url);
    const name = searchParams.get("ledger");
    if (!name) return new Response("__RELEASE__");
    const ledger = env.LEDGERS.get(env.LEDGERS.idFromName(name));
    if (pathname === "/fail") {
      try {
        await ledger.fail();
      } catch (error) {
        return new Response(`${(error as Error).name}: ${(error as Error).message}`);
      }
    }
    const account = crypto.randomUUID();
    const entry = await ledger.book(account, 500);
    const moved = await ledger.transfer(account, "shop", 200);
    const refused = await ledger.transfer(account, "shop", 400);
    return Response.json({ id: entry.id > 0, moved, refused, balance: await ledger.balance(account) });
  },
} satisfies ExportedHandler<Env>;
