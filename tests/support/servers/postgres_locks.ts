/** Locks on a PostgreSQL server: those that another program holds, and who waits for them. */
import postgres from "postgres";
import type { PostgresServer } from "./postgres_server.ts";

export interface Holder extends AsyncDisposable {
  /** Runs more statements in its transaction. */
  run(statements: string): Promise<void>;
  release(): Promise<void>;
}

/** A session with an open transaction, which holds the locks of these statements. */
export async function holding({ port }: PostgresServer, statements: string): Promise<Holder> {
  const sql = postgres({
    ...{ host: "127.0.0.1", port, user: "queue", database: "postgres" },
    ...{ max: 1, max_lifetime: null, onnotice() {} },
  });
  const run = async (more: string) => void await sql.unsafe(more).simple();
  await run(`BEGIN; ${statements}`);
  return { run, release: () => run("ROLLBACK"), [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }) };
}

/** How many sessions of the queue wait for a lock. */
export async function waitingForLock({ sql }: PostgresServer): Promise<number> {
  const [row] = await sql(`SELECT count(*)::int AS n FROM pg_stat_activity
    WHERE application_name = 'persistent-queue' AND wait_event_type = 'Lock'`);
  return Number(row?.n);
}
