import type { Charge, Reaped, ReapRequest } from "../store.ts";
import { foldHistory } from "./history.ts";
import { number, textOrNull, toText } from "./rows.ts";
import type { Statements } from "./statements.ts";

interface Orphan {
  readonly seq: number;
  readonly lease: number;
  readonly id: string;
  readonly kind: string;
  readonly consumerId: string | null;
  readonly crashes: number;
  readonly suspect: boolean;
  /** Whether an attempt was running, as far as the row shows; not if the job waited for its next attempt. */
  readonly running: boolean;
  /** The least run time of the attempt, by its heartbeats, in milliseconds. */
  readonly ranMs: number | null;
}

/** A heartbeat further in the future is ignored: the clock was set, or the row was edited by hand. */
const CLOCK_SLACK_MS = 60_000;

export function reap(sql: Statements, request: ReapRequest): Reaped[] {
  const held = JSON.stringify(request.held.map(({ seq, lease }) => `${seq}:${lease}`));
  const latest = request.now + CLOCK_SLACK_MS;
  const orphans = sql.stalled.all(request.before, held, request.limit, latest).map(toOrphan);
  const running = orphans.filter((orphan) => orphan.running);
  // A job that ran alone, or that was a suspect, is charged in full.
  const isGuilty = running.length === 1
    ? (orphan: Orphan) => orphan.running
    : (orphan: Orphan) => orphan.running && orphan.suspect;
  const someoneIs = orphans.some(isGuilty);
  return orphans.map((orphan) => {
    if (request.charge !== null && isGuilty(orphan)) return charge(sql, orphan, request, request.charge);
    const isWarned = request.charge !== null && orphan.running && !someoneIs;
    return release(sql, orphan, request, isWarned ? "releaseWarned" : "release");
  });
}

function release(
  sql: Statements,
  { seq, lease, id, kind, consumerId, ranMs }: Orphan,
  { now, event, detail }: ReapRequest,
  how: "release" | "releaseWarned",
): Reaped {
  sql.settledStory.run(seq, lease, now, event, detail, null, ranMs, null, null);
  foldHistory(sql, seq);
  sql[how].run(seq, lease, now);
  return { seq, lease, id, kind, consumerId, status: "PENDING" };
}

function charge(
  sql: Statements,
  { seq, lease, id, kind, consumerId, crashes, ranMs }: Orphan,
  { now, event, detail }: ReapRequest,
  { limit }: Charge,
): Reaped {
  sql.settledStory.run(seq, lease, now, event, detail, null, ranMs, null, null);
  foldHistory(sql, seq);
  sql.releaseCharged.run(seq, lease, now, limit, detail);
  return { seq, lease, id, kind, consumerId, status: crashes + 1 >= limit ? "UNPROCESSABLE" : "PENDING" };
}

function toOrphan(row: Record<string, unknown>): Orphan {
  return {
    seq: number(row.seq),
    lease: number(row.lease),
    id: toText(row.id),
    kind: toText(row.kind),
    consumerId: textOrNull(row.consumer_id),
    crashes: number(row.crashes),
    suspect: row.suspect === 1,
    running: row.running === 1,
    ranMs: row.ran_ms === null ? null : number(row.ran_ms),
  };
}
