/** A job with everything that is stored about it, as copied from one backend to another. */
import type { CopyMark } from "./copy_mark.ts";
import { RejectedWrite } from "./errors.ts";
import { printable } from "./basics/text.ts";
import type { HistoryEntry, Job, Status } from "./job.ts";

/** The values as stored: an edit by hand may have left a status without the fields that belong to it. */
export interface StoredJob
  extends Omit<Job, "status" | "consumerId" | "lastHeartbeat" | "finishedAt" | "leftOut"> {
  readonly status: Status;
  readonly suspect: boolean;
  readonly consumerId: string | null;
  readonly lastHeartbeat: number | null;
  readonly finishedAt: number | null;
  /** Oldest line first. A history that an edit by hand made longer than allowed comes folded. */
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

/** The part of a store through which a whole queue moves to another store. */
export interface PortableStore {
  /**
   * Jobs ordered by `seq`, with full values and history: as many as the limit and a few mebibytes allow, but at least
   * one. Which process holds a job is not part of it.
   */
  dump(request: DumpRequest): Promise<Dump>;
  /**
   * Adds these jobs unchanged and in order, behind all others; only their `seq` is new. No process holds them. A job
   * that is already stored, identical in every fact, is left alone.
   * @throws {RejectedWrite} if an id is stored with other facts, or a fact cannot be stored; then nothing is written
   */
  restore(jobs: readonly StoredJob[]): Promise<void>;
  /** As durable as every write. Dumping and restoring do not change it. */
  readonly copyMark: CopyMark;
}

/** Every fact except `seq`, in a fixed order: two jobs are the same if these texts are equal. */
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

/** Roughly how much memory the job takes, to bound a call: the characters of its values and texts. */
export function weightOf({ id, payload, result, error, history }: StoredJob): number {
  const texts = history.flatMap(({ detail, report, log }) => [detail, report, log]);
  return [id, payload, result, error, ...texts].reduce((sum, text) => sum + (text?.length ?? 0), 0);
}

/** One call of `dump` stops after this many bytes. */
export const DUMP_BYTES = 4 * 1024 * 1024;

/** The first job that is stored with other facts, or that comes twice in two versions; null: there is none. */
export function firstConflict(jobs: readonly StoredJob[], stored: Iterable<StoredJob>): StoredJob | null {
  const known = new Map(Array.from(stored, (job) => [job.id, canonicalText(job)]));
  for (const job of jobs) {
    const text = canonicalText(job);
    if ((known.get(job.id) ?? text) !== text) return job;
    known.set(job.id, text);
  }
  return null;
}

/** @throws {RejectedWrite} naming the job */
export function assertNoConflict(conflict: StoredJob | null): void {
  if (conflict === null) return;
  throw new RejectedWrite(`A job "${printable(conflict.id)}" is there already, and it is not the same.`);
}

/** Keeps each id once. */
export function uniqueById(jobs: readonly StoredJob[]): StoredJob[] {
  return [...new Map(jobs.map((job) => [job.id, job])).values()];
}
