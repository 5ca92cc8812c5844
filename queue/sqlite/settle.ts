/** Renews leases, and writes how attempts ended. */
import { isFinished, type Lease, MAX_TIME, MOVES } from "../job.ts";
import type { Charge, Settlement } from "../ending.ts";
import { type LineMark, postponedMark, repeatMark } from "../storing/repeated_ending.ts";
import { counted, MAX_BULK_LENGTH, MIN_BULK_JOBS } from "./bulk.ts";
import { foldHistory } from "./history.ts";
import type { Statements } from "./statements.ts";

const [RUNNING] = MOVES.complete.from;

export function renew(sql: Statements, leases: readonly Lease[], now: number): boolean[] {
  return leases.map(({ seq, lease }) => sql.renew.run(seq, lease, now).changes === 1);
}

export function settle(sql: Statements, settlements: readonly Settlement[], now: number): boolean[] {
  return completeMany(sql, settlements, now) ?? settlements.map((settlement) => {
    const isHeld = settleOne(sql, settlement, now);
    if (settlement.verb !== "complete") foldHistory(sql, settlement.seq);
    return isHeld;
  });
}

type Completion = readonly [seq: number, lease: number, result: string | null];

/** Writes several completions with one statement. Null if there are other settlements, long results, or a job twice. */
function completeMany(sql: Statements, settlements: readonly Settlement[], now: number): boolean[] | null {
  if (settlements.length < MIN_BULK_JOBS) return null;
  const rows = new Map<number, Completion>();
  for (const ending of settlements) {
    const { seq, lease } = ending;
    if (ending.verb !== "complete" || (ending.result?.length ?? 0) > MAX_BULK_LENGTH || rows.has(seq)) {
      return null;
    }
    rows.set(seq, [seq, lease, ending.result]);
  }
  const move = { jobs: rows.size, from: RUNNING, to: MOVES.complete.to };
  const { held } = counted(sql, move, () => {
    const held = completeRows(sql, [...rows.values()], now);
    return { held: new Set(held.map(([seq]) => seq)), changes: held.length };
  });
  return settlements.map((ending) => held.has(ending.seq) || isRepeated(sql, ending));
}

/** Returns the rows whose lease was held. */
function completeRows(sql: Statements, rows: readonly Completion[], now: number): unknown[][] {
  const areEmpty = rows.every(([, , result]) => result === null);
  if (!areEmpty) return sql.completeMany.all(JSON.stringify(rows), now);
  return sql.completeEmpty.all(`{${rows.map(([seq, lease]) => `"${seq}":${lease}`).join()}}`, now);
}

/** The history line is written first, under the same condition as the move, while the row still names the holder. */
function settleOne(sql: Statements, ending: Settlement, now: number): boolean {
  const { seq, lease, report } = ending;
  const kept: ReportValues = [report?.ranMs ?? null, report?.detail ?? null, report?.log ?? null];
  switch (ending.verb) {
    case "complete":
      return sql.complete.run(seq, lease, now, ending.result).changes === 1 || isRepeated(sql, ending);
    case "retry":
      if (isRepeated(sql, ending) || isPostponed(sql, ending, now)) return true;
      recordRetry(sql, ending, { now, kept });
      return sql.retry.run(seq, lease, now, ending.retries, later(now, ending.delayMs), ending.error)
        .changes === 1;
    case "exhaust":
      sql.settledLine.run(seq, lease, now, "exhausted", ending.error, ending.retries, ...kept);
      return sql.exhaust.run(seq, lease, now, ending.retries, ending.error).changes === 1 ||
        isRepeated(sql, ending);
    case "fail":
      sql.settledLine.run(seq, lease, now, "failed", ending.error, ending.retries, ...kept);
      return sql.fail.run(seq, lease, now, ending.retries, ending.error).changes === 1 ||
        isRepeated(sql, ending);
    case "release":
      if (ending.event !== null) {
        sql.settledLine.run(seq, lease, now, ending.event, ending.detail, null, ...kept);
      }
      return release(sql, ending, { now, charge: ending.charge }) || isRepeated(sql, ending);
  }
}

function isRepeated(sql: Statements, ending: Settlement): boolean {
  const mark = repeatMark(ending);
  if (mark === null) return false;
  const { status, retries, error, result, line } = mark;
  const values = [status, retries, error, result, ...valuesOf(line)] as const;
  return sql.repeated.get(ending.seq, ending.lease, ...values) !== undefined;
}

function isPostponed(sql: Statements, ending: Settlement, now: number): boolean {
  const mark = postponedMark(ending);
  if (mark === null) return false;
  const values = [mark.retries, mark.delayMs, ...valuesOf(mark.line)] as const;
  return sql.isPostponed.get(ending.seq, ending.lease, now, ...values) !== undefined;
}

function valuesOf(
  line: LineMark | null,
): [event: string | null, detail: string | null, ranMs: number | null] {
  return [line?.event ?? null, line?.detail ?? null, line?.ranMs ?? null];
}

type ReportValues = readonly [ranMs: number | null, report: string | null, log: string | null];

function later(now: number, delayMs: number): number {
  return Math.min(now + delayMs, MAX_TIME);
}

function recordRetry(
  sql: Statements,
  ending: Settlement & { readonly verb: "retry" },
  { now, kept }: { readonly now: number; readonly kept: ReportValues },
): void {
  const { seq, lease, event, detail } = ending;
  if (ending.replacesLine && sql.replaceLine.run(seq, lease, now, detail, ...kept, event).changes > 0) return;
  sql.settledLine.run(seq, lease, now, event, detail, ending.retries, ...kept);
}

function release(
  sql: Statements,
  { seq, lease }: Lease,
  { now, charge }: { readonly now: number; readonly charge: Charge | null },
): boolean {
  if (charge === null) return sql.release.run(seq, lease, now).changes === 1;
  const { status, crashes, suspect, error } = charge;
  const finishedAt = isFinished(status) ? now : null;
  const values = [status, crashes, Number(suspect), error, finishedAt] as const;
  return sql.releaseCharged.run(seq, lease, now, ...values).changes === 1;
}
