/** A queue on PostgreSQL as the first release created it, and what must be left of it later. */
import type { PostgresServer } from "../../support/servers/postgres_server.ts";

const FIRST = await Deno.readTextFile(
  new URL("../../../queue/postgres/migrations/0001_jobs.sql", import.meta.url),
);
const JOBS = 200;
/** No host has a handler for it, so what was in flight waits from the first start on, unchanged. */
const UNKNOWN = "of_another_time";

/** With jobs of every status, and their histories; those that wait are not due for centuries. */
export async function makeOldSchema({ sql }: PostgresServer, schema: string): Promise<void> {
  await sql(`CREATE SCHEMA ${schema}; SET search_path = ${schema};
    BEGIN; CREATE TABLE persistent_queue (version integer NOT NULL); ${FIRST};
    INSERT INTO persistent_queue (version) VALUES (1); COMMIT;
    INSERT INTO processes (id, host, pid, version, started_at, seen_at) VALUES ('p', 'of old', 7, '1.0.0', 1, 1);
    INSERT INTO jobs (id, kind, status, priority, retries, lease, run_at, process, consumer_id, last_heartbeat, finished_at,
        payload)
      SELECT 'old ' || n, CASE status WHEN 'PROCESSING' THEN '${UNKNOWN}' ELSE 'file' END, status, n % 5, n % 4, 3,
        CASE status WHEN 'PENDING' THEN 8000000000000 ELSE n END, CASE status WHEN 'PROCESSING' THEN 1 END,
        CASE status WHEN 'PENDING' THEN NULL ELSE 'consumer' END, CASE status WHEN 'PROCESSING' THEN n END,
        CASE WHEN status NOT IN ('PENDING', 'PROCESSING') THEN floor(extract(epoch FROM now()) * 1000) END,
        to_json(repeat('ä', n))
      FROM generate_series(1, ${JOBS}) AS n, LATERAL (SELECT (ARRAY['PENDING', 'PROCESSING', 'COMPLETED', 'FAILED',
        'UNPROCESSABLE', 'CANCELED'])[n % 6 + 1]) AS of (status);
    UPDATE jobs SET canceled_from = 'PENDING' WHERE status = 'CANCELED';
    INSERT INTO history (seq, at, event, lease, retries, detail)
      SELECT seq, 1, 'retried', lease, 0, 'It broke' FROM jobs WHERE seq % 3 = 0`);
}

export interface Left {
  /** The version in the schema. */
  readonly versions: readonly unknown[];
  /** The jobs that the upgrade does not affect, and their histories, as one text. */
  readonly content: string;
  /** The statuses of the jobs that were in flight. */
  readonly freed: readonly unknown[];
}

export async function leftOf({ sql }: PostgresServer, schema: string): Promise<Left> {
  const untouched =
    `SELECT seq, to_jsonb(jobs) AS job FROM ${schema}.jobs WHERE kind <> '${UNKNOWN}' ORDER BY seq`;
  const history =
    `SELECT history.* FROM ${schema}.history JOIN (${untouched}) AS jobs USING (seq) ORDER BY n`;
  return {
    versions: (await sql(`SELECT version FROM ${schema}.persistent_queue`)).map(({ version }) => version),
    content: JSON.stringify([await sql(untouched), await sql(history)]),
    freed: await sql(
      `SELECT status, count(*)::int FROM ${schema}.jobs WHERE kind = '${UNKNOWN}' GROUP BY status`,
    ),
  };
}

export const IN_FLIGHT = Array.from({ length: JOBS }, (_, n) => n + 1).filter((n) => n % 6 === 1).length;
