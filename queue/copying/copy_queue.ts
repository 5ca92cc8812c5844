/**
 * Copies a queue with its history from one store to an empty one, of the same backend or another, while nothing works on
 * either. An interrupted copy leaves the beginning of the source in the target, job by job: the next copy goes on from there.
 * The target is marked until both are the same, so that no supervisor starts on it.
 */
import { printable } from "../basics/text.ts";
import { QueueError, RejectedWrite } from "../errors.ts";
import { type Status, STATUSES } from "../job.ts";
import type { Store } from "../store.ts";
import type { StoredJob } from "../stored_job.ts";
import { type Divergence, PAGE_JOBS, pauser, type Walk, walkTogether } from "./walk_together.ts";

export interface CopyProgress {
  /** Looking at what the target has already, copying, or comparing both when all is copied. */
  readonly step: "looking" | "copying" | "comparing";
  readonly jobs: number;
  /** Of the source. */
  readonly total: number;
}

export interface CopiedQueue {
  /** In both stores, with this many lines in their histories. */
  readonly jobs: number;
  readonly lines: number;
  /** Jobs that an earlier run had copied. */
  readonly present: number;
  readonly counts: Readonly<Record<Status, number>>;
  /** The same in both stores: see `walk_together.ts`. */
  readonly digest: string;
}

interface Stores {
  readonly source: Store;
  readonly target: Store;
}

interface CopyOptions {
  /** If it throws, the copy ends, and can go on later. */
  readonly onProgress?: (progress: CopyProgress) => void;
  /** Checks for supervisors on the target. Called once it is marked, so that none can start unseen. */
  readonly assertAtRest?: () => Promise<void>;
}

/**
 * Changes nothing in the source.
 * @throws {QueueError} if the target holds anything but the beginning of the source, cannot hold a job, or differs from the
 * source in the end
 */
export async function copyQueue(
  stores: Stores,
  { onProgress = () => {}, assertAtRest = () => Promise.resolve() }: CopyOptions = {},
): Promise<CopiedQueue> {
  if (await stores.source.copyMark.isSet()) throw incompleteSource();
  const total = sumOf(await countsOf(stores.source));
  const tell = (step: CopyProgress["step"]) => (jobs: number) => onProgress({ step, jobs, total });
  const found = await walkTogether(stores, tell("looking"));
  if (found.divergence.target !== null) throw notACopy(found.divergence);
  const isComplete = found.divergence.source === null;
  if (!isComplete) {
    await markUnfinished(stores.target, assertAtRest);
    await copyFrom(stores, found, tell("copying"));
  }
  const walk = isComplete ? found : await walkTogether(stores, tell("comparing"));
  const { source, target } = walk.divergence;
  const changed = source ?? target;
  if (changed !== null) throw changedMeanwhile(changed);
  const counts = await assertCounted(stores, walk.jobs);
  if (await stores.target.copyMark.isSet()) await stores.target.copyMark.remove();
  return { ...summaryOf(walk), present: found.jobs, counts };
}

/** If a supervisor has just started, the target stays as it was. */
async function markUnfinished({ copyMark }: Store, assertAtRest: () => Promise<void>): Promise<void> {
  const isNew = await copyMark.set();
  try {
    await assertAtRest();
  } catch (error) {
    if (isNew) await copyMark.remove();
    throw error;
  }
}

function summaryOf({ jobs, lines, digest }: Walk) {
  return { jobs, lines, digest };
}

/** The source is read while the target writes. */
async function copyFrom(
  { source, target }: Stores,
  { last, jobs }: Walk,
  tell: (jobs: number) => void,
): Promise<void> {
  const pause = pauser();
  let copied = jobs;
  tell(copied);
  let page = await source.dump({ after: last, limit: PAGE_JOBS });
  while (page.next !== null) {
    const ahead = source.dump({ after: page.next, limit: PAGE_JOBS });
    const [next] = await Promise.all([ahead, restoreOrName(target, page.jobs)]);
    copied += page.jobs.length;
    tell(copied);
    await pause();
    page = next;
  }
  if (page.jobs.length === 0) return;
  await restoreOrName(target, page.jobs);
  tell(copied + page.jobs.length);
}

/** @throws {RejectedWrite} that names the job which the target cannot hold; the jobs before it are written */
async function restoreOrName(target: Store, jobs: readonly StoredJob[]): Promise<void> {
  try {
    await target.restore(jobs);
  } catch (error) {
    if (!(error instanceof RejectedWrite)) throw error;
    for (const job of jobs) await restoreOne(target, job);
  }
}

async function restoreOne(target: Store, job: StoredJob): Promise<void> {
  try {
    await target.restore([job]);
  } catch (error) {
    if (!(error instanceof RejectedWrite)) throw error;
    throw new RejectedWrite(
      `The target does not take the job "${printable(job.id)}": ${error.message} ${CORRECT_JOB}`,
      { cause: error },
    );
  }
}

const CORRECT_JOB =
  "Correct or remove this job in the source, and run the same command again: it goes on from here.";
const OTHER_TARGET =
  "Copy into an empty target: name another file, schema or prefix, or remove what is in this one.";

function incompleteSource(): QueueError {
  return new QueueError(
    "rejected",
    "The source is itself a copy that is not complete: let that copy end first, or name the queue that was copied.",
  );
}

function notACopy({ source, target }: Divergence): QueueError {
  const id = printable(target?.id ?? "");
  const what = source !== null && source.id === target?.id
    ? `The target holds the job "${id}", but not as the source has it now`
    : `The target holds the job "${id}", which the source does not have at this position`;
  return new QueueError(
    "rejected",
    `${what}, so it is not an interrupted copy of the source. ${OTHER_TARGET}`,
  );
}

function changedMeanwhile({ id }: StoredJob): QueueError {
  return new QueueError(
    "rejected",
    `The source or the target was changed while the queue was copied: the job "${
      printable(id)
    }" is not the same in both. Stop whatever writes to them, and run the same command again.`,
  );
}

/** Compares with the counts that both stores keep without reading all jobs. */
async function assertCounted({ source, target }: Stores, jobs: number): Promise<Record<Status, number>> {
  const [ours, theirs] = [await countsOf(source), await countsOf(target)];
  const wrong = STATUSES.find((status) => ours[status] !== theirs[status]);
  if (wrong === undefined && sumOf(ours) === jobs) return ours;
  const status = wrong ?? STATUSES[0];
  throw new QueueError(
    "rejected",
    `All jobs were copied and are the same, but the source counts ${
      ours[status]
    } ${status} jobs, the target ${
      theirs[status]
    }, and there are ${jobs} of any status. Run "jobs verify" on both: one of them was edited by hand.`,
  );
}

async function countsOf(store: Store): Promise<Record<Status, number>> {
  return (await store.stats({ silentForMs: 0 })).counts;
}

function sumOf(counts: Readonly<Record<Status, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
