/** The one place that turns rows into jobs and handles NULLs. Rows may have been edited by hand. */
import {
  type HistoryEntry,
  type HistoryEvent,
  INITIAL_STATUS,
  isStatus,
  isStorableKind,
  type Job,
  MAX_TIME,
  MOVES,
  type Status,
} from "../job.ts";
import type { Added } from "../roles.ts";
import type { Claimed, NewJob, Orphan } from "../store.ts";
import type { StoredJob } from "../stored_job.ts";
import { StorageError } from "../errors.ts";

type Row = Record<string, unknown>;

export function toJob(row: Row): Job {
  const facts = { ...factsOf(row), ...leftOutOf(row) };
  const status = statusOf(row);
  if (status === MOVES.release.to) return { ...facts, status };
  // A job set to PROCESSING by hand has no holder and no heartbeat: the sweep will find it.
  if (status === MOVES.claim.to) {
    return { ...facts, status, consumerId: facts.consumerId ?? "", lastHeartbeat: facts.lastHeartbeat ?? 0 };
  }
  return { ...facts, status, finishedAt: facts.finishedAt ?? facts.updatedAt };
}

/** A new job as it was just written, because reading it back would cost as much as adding it. */
export function addedAs({ id, kind, payload, priority, runAt }: NewJob, seq: number, at: number): Added {
  const job: Job = {
    seq,
    lease: 0,
    id,
    kind,
    payload,
    status: INITIAL_STATUS,
    priority,
    runAt: runAt ?? at,
    retries: 0,
    crashes: 0,
    consumerId: null,
    lastHeartbeat: null,
    startedAt: null,
    finishedAt: null,
    error: null,
    result: null,
    canceledFrom: null,
    createdAt: at,
    updatedAt: at,
  };
  return { outcome: "added", job, differs: false };
}

export function toStoredJob(row: Row, history: readonly HistoryEntry[]): StoredJob {
  return { ...factsOf(row), status: statusOf(row), suspect: row.suspect === 1, history };
}

function factsOf(row: Row) {
  return {
    seq: number(row.seq),
    lease: number(row.lease),
    id: toText(row.id),
    kind: toText(row.kind),
    payload: toText(row.payload),
    priority: number(row.priority),
    runAt: number(row.run_at),
    retries: number(row.retries),
    crashes: number(row.crashes),
    consumerId: textOrNull(row.consumer_id),
    lastHeartbeat: numberOrNull(row.last_heartbeat),
    startedAt: numberOrNull(row.started_at),
    finishedAt: numberOrNull(row.finished_at),
    error: textOrNull(row.error),
    result: textOrNull(row.result),
    createdAt: number(row.created_at),
    updatedAt: number(row.updated_at),
    canceledFrom: row.status === MOVES.cancel.to && isStatus(row.canceled_from) ? row.canceled_from : null,
  };
}

function statusOf({ status }: Row): Status {
  if (!isStatus(status)) throw invalidRow(`a job of unknown status: ${String(status)}`);
  return status;
}

function leftOutOf(row: Row): Pick<Job, "leftOut"> {
  const leftOut = (["payload", "result"] as const).filter((name) => row[`${name}_left_out`] === 1);
  return leftOut.length === 0 ? {} : { leftOut };
}

/** The values come in the order in which the claim statements return the columns. */
export function toClaimed(
  [seq, lease, id, kind, payload, retries, crashes, suspect]: readonly unknown[],
  consumerId: string,
): Claimed {
  return {
    consumerId,
    seq: number(seq),
    lease: number(lease),
    id: toText(id),
    kind: toText(kind),
    payload: toText(payload),
    retries: number(retries),
    crashes: number(crashes),
    suspect: suspect === 1,
  };
}

export function toOrphan(row: Row): Orphan {
  return {
    seq: number(row.seq),
    lease: number(row.lease),
    id: toText(row.id),
    kind: toText(row.kind),
    consumerId: textOrNull(row.consumer_id),
    crashes: number(row.crashes),
    suspect: row.suspect === 1,
    runAt: number(row.run_at),
    startedAt: numberOrNull(row.started_at),
    lastHeartbeat: numberOrNull(row.last_heartbeat),
    ...(row.is_locked === true ? { isLocked: true } : {}),
  };
}

export function toHistoryEntry(row: Row): HistoryEntry {
  return {
    at: number(row.at),
    event: toText(row.event) as HistoryEvent,
    lease: number(row.lease),
    retries: number(row.retries),
    consumerId: textOrNull(row.consumer_id),
    detail: textOrNull(row.detail),
    takenAt: numberOrNull(row.taken_at),
    ranMs: numberOrNull(row.ran_ms),
    report: textOrNull(row.report),
    log: textOrNull(row.log),
  };
}

export function number(value: unknown): number {
  if (typeof value !== "number") {
    throw invalidRow(`${String(value)} where a number belongs`);
  }
  return value;
}

/** A time in a table without bounds, which an edit by hand may have set to anything. */
export function toTime(value: unknown): number {
  return Math.max(0, Math.min(number(value), MAX_TIME));
}

export function numberOrNull(value: unknown): number | null {
  return value === null ? null : number(value);
}

export function toText(value: unknown): string {
  if (typeof value !== "string") {
    throw invalidRow(`${String(value)} where a text belongs`);
  }
  return value;
}

export function textOrNull(value: unknown): string | null {
  return value === null ? null : toText(value);
}

/** The kinds that a process has noted, as a JSON array of texts. Anything else counts as none. */
export function toKinds(value: unknown): readonly string[] {
  try {
    const kinds: unknown = JSON.parse(String(value));
    return Array.isArray(kinds) ? kinds.filter(isStorableKind) : [];
  } catch {
    return [];
  }
}

/** A passing error, because another edit can repair the row. */
function invalidRow(what: string): StorageError {
  return new StorageError(`The database holds ${what}: it was edited by hand.`, { passing: true });
}
