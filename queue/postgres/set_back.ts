/** After the clock was set back: jobs that were due stay due, and no job in flight waits longer for its next attempt. */
import { type ClockSetBack, type FollowedRollbacks, SAME_ROLLBACK_MS } from "../policy/clock_rollback.ts";
import { IN_FLIGHT } from "../storing/conditions.ts";
import { textOrNull } from "../storing/rows.ts";
import type { Client, Tx } from "./client.ts";
import { levels, READY, SUSPECT } from "./sql_fragments.ts";

export const SET_BACK = {
  // ?1 the time to which the clock was set back ?2 the time from which: jobs that were due then, at most ?3 of them ?4 null
  keepDue: `WITH RECURSIVE ${levels(4)},
    late AS MATERIALIZED (
      SELECT due.seq FROM levels CROSS JOIN LATERAL (SELECT seq FROM jobs WHERE ${READY} AND jobs.kind = levels.kind
          AND jobs.priority = levels.priority AND run_at > $1::bigint AND run_at <= $2::bigint
        ORDER BY run_at, seq LIMIT $3::bigint FOR UPDATE SKIP LOCKED) AS due
      UNION ALL SELECT seq FROM (SELECT seq FROM jobs WHERE ${SUSPECT} AND run_at > $1::bigint AND run_at <= $2::bigint
        LIMIT $3::bigint FOR UPDATE SKIP LOCKED) AS suspects LIMIT $3::bigint)
    UPDATE jobs SET run_at = $1::bigint FROM late WHERE jobs.seq = late.seq RETURNING jobs.seq`,
  // ?1 ?2 the same ?3 the name of this rollback ?4 that of the last one that this process has followed, or null: jobs in flight
  // that wait for their next attempt, unless another process has found the same rollback
  shiftRetries:
    `WITH noted AS (INSERT INTO facts (realm, key, text, expires_at) VALUES ('clock', 'set back', $3::text, $2::bigint)
      ON CONFLICT (realm, key) DO UPDATE SET text = excluded.text, expires_at = excluded.expires_at
      WHERE facts.text <> excluded.text AND (facts.text = $4::text OR facts.expires_at <= $1::bigint
        OR abs(facts.expires_at - excluded.expires_at) > ${SAME_ROLLBACK_MS}) RETURNING text)
    UPDATE jobs SET run_at = greatest($1::bigint, run_at - ($2::bigint - $1::bigint)) FROM noted
    WHERE ${IN_FLIGHT} AND run_at > $1::bigint`,
  last: `SELECT text FROM facts WHERE realm = 'clock' AND key = 'set back'`,
} as const;

/** One statement moves at most this many times to run: a few hundredths of a second. */
const MAX_MOVED = 1_000;

/** In steps that can be repeated: each job is moved only once. No statement takes long, however many jobs wait. */
export async function keepDue(client: Client, { to, from }: ClockSetBack): Promise<void> {
  for (let moved = MAX_MOVED; moved === MAX_MOVED;) {
    moved = (await client.query(SET_BACK.keepDue, [to, from, MAX_MOVED, null])).length;
  }
}

/** Returns the name of the rollback. It runs in the transaction of the claim, so that it is followed completely or not at all. */
export async function shiftRetries(
  tx: Tx,
  setBack: ClockSetBack,
  rollbacks: FollowedRollbacks,
): Promise<string | null> {
  const { to, from } = setBack;
  await tx.query(SET_BACK.shiftRetries, [to, from, rollbacks.nameOf(setBack), rollbacks.last]);
  const [last] = await tx.query(SET_BACK.last, []);
  return textOrNull(last?.text ?? null);
}
