/** Moments at which an upgrade can be stopped: it waits for a lock that another session holds. */
import postgres from "postgres";
import { eventually } from "../../support/eventually.ts";
import type { PostgresServer } from "../../support/servers/postgres_server.ts";

/** What stops the upgrade of the schema at each moment, as statements in a transaction that is rolled back. */
export const MOMENTS: Readonly<Record<string, (schema: string) => string>> = {
  "while it makes a table": (schema) => `CREATE TABLE ${schema}.facts (other int)`,
  "before it notes the version": (schema) => `LOCK TABLE ${schema}.persistent_queue IN SHARE MODE`,
  "while it commits": (schema) => `SELECT pg_advisory_lock(hashtext('${schema}'))`,
  "when it has upgraded, before it joins": (schema) =>
    `LOCK TABLE ${schema}.processes IN ACCESS EXCLUSIVE MODE`,
};

/** A commit that notes a version waits for the lock of the third moment. */
export async function makeCommitsWait({ sql }: PostgresServer, schema: string): Promise<void> {
  await sql(`CREATE FUNCTION wait_for_${schema}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      PERFORM pg_advisory_xact_lock(hashtext('${schema}')); RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER wait AFTER INSERT ON ${schema}.persistent_queue DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION wait_for_${schema}()`);
}

export interface Standstill extends AsyncDisposable {
  /** Resolves when a session of the queue waits here. */
  reached(): Promise<void>;
  /** Lets it continue. Resolves when the waiting sessions, whose clients are dead or done, have ended. */
  end(): Promise<void>;
}

export async function standstillAt(server: PostgresServer, statements: string): Promise<Standstill> {
  const sql = postgres({
    ...{ host: "127.0.0.1", port: server.port, user: "queue", database: "postgres" },
    ...{ max: 1, max_lifetime: null, onnotice() {} },
  });
  const held = await sql.unsafe(`BEGIN; ${statements}; SELECT pg_backend_pid() AS pid`).simple();
  const pid = Number((held.flat().at(-1) as { pid?: number } | undefined)?.pid);
  const waiting = async () =>
    (await server.sql(`SELECT pid FROM pg_stat_activity WHERE ${pid} = ANY (pg_blocking_pids(pid))`))
      .map((row) => Number(row.pid));
  let waited: number[] = [];
  return {
    reached: async () =>
      void await eventually("it stands still", async () => {
        waited = await waiting();
        return waited.length > 0;
      }, { withinMs: 20_000 }),
    end: async () => {
      await sql.unsafe("ROLLBACK; SELECT pg_advisory_unlock_all()").simple();
      await eventually("its sessions are over", async () => {
        const left = await server.sql(
          `SELECT 1 FROM pg_stat_activity WHERE pid = ANY (ARRAY[${waited.join()}]::int[])`,
        );
        return left.length === 0;
      });
    },
    [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }),
  };
}
