/**
 * A database in which very many jobs wait, with five priorities, one in ten of them for a time far ahead. ANALYZE, which
 * many tools run by themselves, ran when it had two jobs: SQLite keeps planning for two.
 */
import { DatabaseSync } from "node:sqlite";
import { openStore } from "@persistent-queue/queue";
import { SQL } from "../../../queue/sqlite/statements.ts";

const FAR_AWAY = 8_000_000_000_000;

export async function fillBacklog(path: string, count: number): Promise<void> {
  await (await openStore(`sqlite:${path}`, "owner")).close();
  using db = new DatabaseSync(path);
  db.exec("INSERT INTO jobs (id, status) VALUES ('first', 'COMPLETED'), ('second', 'PENDING'); ANALYZE");
  db.exec("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000");
  db.exec(`INSERT INTO jobs (id, priority, run_at, created_at, updated_at)
    WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${count})
    SELECT 'job ' || n, n % 5 - 2, iif(n % 10 = 0, ${FAR_AWAY}, n), n, n FROM numbers`);
}

/** How each statement of the store finds its rows, as SQLite explains it. */
export function plansOf(path: string): { name: string; steps: string[] }[] {
  using db = new DatabaseSync(path);
  const planned = Object.entries(SQL).filter(([, sql]) => !sql.startsWith("PRAGMA"));
  return planned.map(([name, sql]) => ({
    name,
    steps: db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all().map(({ detail }) => String(detail)),
  }));
}
