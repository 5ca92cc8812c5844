/** A database in which everything is as large as the rules, or a manual edit, allow. */
import { DatabaseSync } from "node:sqlite";
import { openStore } from "@persistent-queue/queue";

const FAR_AWAY = 4_000_000_000_000;
export const LARGE = 120;
export const LONG_IDS = 3_000;

/** Waiting jobs of a mebibyte, finished ones of 64 KiB, ids and errors of the greatest length, one long history. */
export async function fillWithTheLargest(path: string): Promise<void> {
  await (await openStore(`sqlite:${path}`, "owner")).close();
  using db = new DatabaseSync(path);
  db.exec("PRAGMA synchronous = OFF");
  const numbers = (count: number) =>
    `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count - 1})`;
  const text = (length: number) => `'"' || replace(hex(zeroblob(${length / 2})), '0', 'x') || '"'`;
  db.exec(`${numbers(LARGE)} INSERT INTO jobs (id, kind, payload, run_at)
    SELECT 'large ' || i, 'mail', ${text(1_000_000)}, ${FAR_AWAY} FROM n`);
  db.exec(`${numbers(LARGE)} INSERT INTO jobs (id, kind, status, payload, result, error, finished_at)
    SELECT 'done ' || i, 'mail', 'FAILED', ${text(60_000)}, ${text(60_000)}, ${text(10_000)}, 1 FROM n`);
  db.exec(`${numbers(LONG_IDS)} INSERT INTO jobs (id, kind, run_at)
    SELECT replace(hex(zeroblob(990)), '0', 'a') || printf('%08d', i), 'mail', ${FAR_AWAY} FROM n`);
  const deep = `${"[".repeat(498)}${"0,".repeat(450_000)}0${"]".repeat(498)}`;
  db.prepare("INSERT INTO jobs (id, kind, payload, result, run_at) VALUES ('deep', 'mail', ?, ?, ?)")
    .run(deep, deep, FAR_AWAY);
  db.exec(
    `INSERT INTO jobs (id, kind, status, lease, finished_at) VALUES ('moved', 'mail', 'CANCELED', 1, 1)`,
  );
  db.exec(`${numbers(7_000)} INSERT INTO history (seq, at, event, lease, retries, detail)
    SELECT (SELECT seq FROM jobs WHERE id = 'moved'), i, iif(i % 2, 'resubmitted', 'canceled'), 1, 0, ${
    text(1_000)
  } FROM n`);
}
