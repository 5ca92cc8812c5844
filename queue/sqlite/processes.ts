/** The processes on the queue, as rows, and the jobs that they hold. */
import type { ProcessIdentity, ProcessRow } from "../processes.ts";
import type { Orphan, OrphanRequest } from "../store.ts";
import { number, textOrNull, toOrphan, toText } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";

/** Returns the number of the process, which its claims write to the jobs. */
export function join(
  sql: Statements,
  { id, host, pid, version }: ProcessIdentity,
  { now, isOwner }: { readonly now: number; readonly isOwner: boolean },
): number {
  return Number(sql.join.run(id, host, pid, version, Number(isOwner), now).lastInsertRowid);
}

export function beat(
  sql: Statements,
  process: number | null,
  { now, view = null }: { readonly now: number; readonly view?: string | null | undefined },
): boolean {
  return process !== null && sql.beat.run(process, now, view).changes === 1;
}

interface ListContext {
  readonly now: number;
  readonly silentForMs: number;
  /** The number of this process, if it has joined. */
  readonly own: number | null;
  /** Whether another process holds the owner's lock. */
  readonly isOwned: () => boolean;
}

/**
 * There is one owner at a time, and the kernel releases its lock however it dies. So if no other process holds the lock,
 * every other owner is dead. Other processes count as dead only after a silence.
 */
export function listProcesses(
  sql: Statements,
  { now, silentForMs, own, isOwned }: ListContext,
): ProcessRow[] {
  return sql.processes.all(own).map((row) => {
    const seenAt = number(row.seen_at);
    const isOther = row.own === 0;
    const isDeadOwner = isOther && row.owner === 1 && !isOwned();
    return {
      ...{ id: toText(row.id), host: toText(row.host), pid: number(row.pid), version: toText(row.version) },
      ...{ startedAt: number(row.started_at), seenAt },
      isDead: isDeadOwner || (isOther && seenAt < now - silentForMs),
      // No other host would claim anything.
      ...{ view: textOrNull(row.view), kinds: [] },
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
