/** The processes on the queue, as rows, and the jobs that they hold. */
import type { Orphan, OrphanRequest, ProcessIdentity, ProcessRow } from "../store.ts";
import { number, toOrphan, toText } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";

/** Returns the number of the process, which its claims write to the jobs. */
export function join(
  sql: Statements,
  { id, host, pid, version }: ProcessIdentity,
  { now, isOwner }: { readonly now: number; readonly isOwner: boolean },
): number {
  return Number(sql.join.run(id, host, pid, version, Number(isOwner), now).lastInsertRowid);
}

export function beat(sql: Statements, process: number | null, now: number): boolean {
  return process !== null && sql.beat.run(process, now).changes === 1;
}

export interface ProcessQuery {
  readonly now: number;
  readonly silentForMs: number;
  /** The number of this process if it has joined, and whether it is the owner. */
  readonly own: number | null;
  readonly isOwner: boolean;
}

/**
 * There is one owner at a time, and the kernel releases its lock however it dies, so the owner knows that every other
 * owner is dead. Other processes count as dead only after a silence.
 */
export function listProcesses(
  sql: Statements,
  { now, silentForMs, own, isOwner }: ProcessQuery,
): ProcessRow[] {
  return sql.processes.all(own).map((row) => {
    const seenAt = number(row.seen_at);
    const isDeadOwner = isOwner && row.owner === 1;
    return {
      ...{ id: toText(row.id), host: toText(row.host), pid: number(row.pid), version: toText(row.version) },
      ...{ startedAt: number(row.started_at), seenAt },
      isDead: row.own === 0 && (isDeadOwner || seenAt < now - silentForMs),
      // No other host would read these.
      ...{ view: null, kinds: [] },
    };
  });
}

export function orphans(sql: Statements, request: OrphanRequest, now: number): Orphan[] {
  return rowsOf(sql, request, now).map(toOrphan);
}

function rowsOf(sql: Statements, request: OrphanRequest, now: number) {
  if (!("alive" in request)) {
    const { process, limit } = request;
    return process === null ? sql.orphansOfNone.all(limit) : sql.orphansOfProcess.all(process, limit);
  }
  const { alive: { agoMs, aheadMs }, held, limit } = request;
  const leases = JSON.stringify(held.map(({ seq, lease }) => `${seq}:${lease}`));
  return sql.orphansOfSilent.all(now - agoMs, now + aheadMs, leases, limit);
}
