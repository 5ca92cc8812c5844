import type { Reaped, ReapRequest } from "../store.ts";
import { isStatus } from "../job.ts";
import { StorageError } from "../errors.ts";
import { number } from "./rows.ts";
import type { Statements } from "./statements.ts";

interface Orphan {
  readonly seq: number;
  readonly lease: number;
  readonly suspect: boolean;
  /** Whether an attempt was under way, as far as the row can tell: not while it waited for its next one. */
  readonly running: boolean;
}

export function reap(sql: Statements, request: ReapRequest): Reaped[] {
  const orphans = sql.stalled.all(request.before, JSON.stringify(request.alive), request.limit).map((
    row,
  ) => ({
    seq: number(row.seq),
    lease: number(row.lease),
    suspect: row.suspect === 1,
    running: row.running === 1,
  }));
  const suspectDied = orphans.some((orphan) => orphan.suspect && orphan.running);
  return orphans.map((orphan) => release(sql, orphan, { request, suspectDied }));
}

interface Death {
  readonly request: ReapRequest;
  readonly suspectDied: boolean;
}

function release(sql: Statements, orphan: Orphan, { request, suspectDied }: Death): Reaped {
  const { seq, lease } = orphan;
  const { now, event, detail, charge } = request;
  const holder = sql.holder.get(seq)?.consumer_id;
  sql.settledStory.run(seq, lease, now, event, detail, null);
  if (charge === null || !orphan.running || (suspectDied && !orphan.suspect)) {
    sql.release.run(seq, lease, now);
  } else if (suspectDied) sql.releaseCharged.run(seq, lease, now, charge.limit, detail);
  else sql.releaseWarned.run(seq, lease, now);
  return toReaped(sql, seq, typeof holder === "string" ? holder : null);
}

function toReaped(sql: Statements, seq: number, consumerId: string | null): Reaped {
  const { id, status } = sql.reaped.get(seq) ?? {};
  if (typeof id !== "string" || !isStatus(status)) {
    throw new StorageError(`Job number ${seq} vanished from the database.`);
  }
  return { id, consumerId, status };
}
