/** A job with everything that is stored of it, as it is copied from one backend to another. */
import type { CopyMark } from "./copy_mark.ts";
import { RejectedWrite } from "./errors.ts";
import { printable } from "./basics/text.ts";
import type { HistoryEntry, Job, Status } from "./job.ts";

/** The values of the row as they are: an edit by hand may have left a status without what belongs to it. */
export interface StoredJob
  extends Omit<Job, "status" | "consumerId" | "lastHeartbeat" | "finishedAt" | "leftOut"> {
  readonly status: Status;
  readonly suspect: boolean;
  readonly consumerId: string | null;
  readonly lastHeartbeat: number | null;
  readonly finishedAt: number | null;
  /** Oldest line first. One that an edit by hand has made longer than any is kept comes folded. */
  readonly history: readonly HistoryEntry[];
}

export interface DumpRequest {
  /** Continue after this `seq`; null at first. */
  readonly after: number | null;
  readonly limit: number;
}

export interface Dump {
  readonly jobs: StoredJob[];
  /** Where to continue; null at the end. */
  readonly next: number | null;
}

/** The part of a store by which a whole queue moves to another one. */
export interface PortableStore {
  /**
   * Jobs in the order of `seq`, with whole values and their history: as many as the limit allows, and some mebibytes, but
   * at least one. Which process holds a job is no fact about it.
   */
  dump(request: DumpRequest): Promise<Dump>;
  /**
   * Adds these jobs as they are, behind all others and in their order, but for their `seq`: that is the store's own. No
   * process holds them. A job that is there already, the same in every fact, is left alone.
   * @throws {RejectedWrite} if one of the ids has other facts, or a fact cannot be held; then nothing is written
   */
  restore(jobs: readonly StoredJob[]): Promise<void>;
  /** Durable as every write. Dumps and restored jobs leave it as it is. */
  readonly copyMark: CopyMark;
}

/** Every fact but `seq`, in a fixed order: two jobs are the same if these texts are. */
export function canonicalText(job: StoredJob): string {
  return JSON.stringify([
    ...[job.id, job.kind, job.status, job.priority, job.runAt, job.retries, job.crashes, job.suspect],
    ...[job.lease, job.consumerId, job.lastHeartbeat, job.startedAt, job.finishedAt, job.createdAt],
    ...[job.updatedAt, job.canceledFrom, job.payload, job.result, job.error],
    job.history.map((line) => [
      ...[line.at, line.event, line.lease, line.retries, line.consumerId, line.detail],
      ...[line.takenAt, line.ranMs, line.report, line.log],
    ]),
  ]);
}

/** About how much memory the job takes, for the bounds of a call: characters of its values and texts. */
export function weightOf({ id, payload, result, error, history }: StoredJob): number {
  const texts = history.flatMap(({ detail, report, log }) => [detail, report, log]);
  return [id, payload, result, error, ...texts].reduce((sum, text) => sum + (text?.length ?? 0), 0);
}

/** One call of `dump` stops after this many bytes. */
export const DUMP_BYTES = 4 * 1024 * 1024;

/** The first of these jobs that is stored with other facts, or comes twice in two versions; null: there is none. */
export function firstConflict(jobs: readonly StoredJob[], stored: Iterable<StoredJob>): StoredJob | null {
  const known = new Map(Array.from(stored, (job) => [job.id, canonicalText(job)]));
  for (const job of jobs) {
    const text = canonicalText(job);
    if ((known.get(job.id) ?? text) !== text) return job;
    known.set(job.id, text);
  }
  return null;
}

/** @throws {RejectedWrite} that names the job */
export function assertNoConflict(conflict: StoredJob | null): void {
  if (conflict === null) return;
  throw new RejectedWrite(`A job "${printable(conflict.id)}" is there already, and it is not the same.`);
}

/** Each id once. */
export function withoutTwins(jobs: readonly StoredJob[]): StoredJob[] {
  return [...new Map(jobs.map((job) => [job.id, job])).values()];
}
