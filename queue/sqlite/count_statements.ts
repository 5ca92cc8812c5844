/** Statements about the counts per status: see `bulk.ts`, `check.ts`. */
import { readable } from "./history_sql.ts";
import { countedByStatus } from "./status_sql.ts";

/** The triggers of the schema. */
const TRIGGERS = [
  "jobs_counted_in",
  "jobs_counted_out",
  "jobs_counted_over",
  "jobs_claimed_only_when_pending",
  "jobs_renumbered",
  "jobs_numbered",
]
  .map((name) => `'${name}'`).join(", ");

export const COUNT_SQL = {
  counts: `SELECT status, ${readable("n")} FROM job_counts`,
  // statuses with a wrong count; a number is null if the status has no such row
  wrongCounts: `WITH counted AS (${countedByStatus()})
    SELECT coalesce(k.status, c.status) AS status, CAST(k.n AS TEXT) AS kept, c.n AS counted
    FROM job_counts k FULL JOIN counted c ON k.status = c.status WHERE k.n IS NOT c.n`,
  forgetCounts: `DELETE FROM job_counts`,
  countAgain: `INSERT INTO job_counts (status, n) ${countedByStatus()}`,

  // disables the triggers that count; does nothing if there is a trigger added by hand
  sleepCounts: `INSERT OR REPLACE INTO counts_asleep (n) SELECT 1
    WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'trigger' AND name NOT IN (${TRIGGERS}))`,
  wakeCounts: `DELETE FROM counts_asleep`,
  areAsleep: `SELECT 1 FROM counts_asleep`,
  // ?1 from this status, or null ?2 to this one ?3 how many jobs
  countTogether: `UPDATE job_counts SET n = n + iif(status = ?2, ?3, -?3) WHERE status IN (?1, ?2)`,
} as const;
