/** Walks through two stores side by side, job by job, and tells how far they hold the same. */
import { createHash } from "node:crypto";
import { yieldToEventLoop } from "../basics/time.ts";
import { canonicalText, type PortableStore, type StoredJob } from "../stored_job.ts";

/** One call reads no more jobs; what they hold is bounded by the store. */
export const PAGE_JOBS = 200;

/** How long the thread hears no signal. A pause takes some milliseconds. */
const DEAF_MS = 100;

/** Where the stores part: the next job of each, which is not the same; null where there is none. */
export interface Parting {
  readonly source: StoredJob | null;
  readonly target: StoredJob | null;
}

export interface Walk {
  /** How many jobs, and lines of their histories, are the same in both from the beginning. */
  readonly jobs: number;
  readonly lines: number;
  /** The `seq` in the source of the last one; null if there is none. */
  readonly last: number | null;
  /** SHA-256 of these jobs, as hexadecimal digits: of the canonical text of each, and a line end. */
  readonly digest: string;
  readonly parting: Parting;
}

/** The stores are read no further than to the first job that is missing in one of them, or differs. */
export async function walkTogether(
  { source, target }: { readonly source: PortableStore; readonly target: PortableStore },
  onJobs: (jobs: number) => void = () => {},
): Promise<Walk> {
  const [left, right] = [eachJob(source), eachJob(target)];
  const hash = createHash("sha256");
  const pause = pauses();
  let [jobs, lines, last]: [number, number, number | null] = [0, 0, null];
  for (;;) {
    const [ours, theirs] = await Promise.all([next(left), next(right)]);
    const text = ours === null ? null : canonicalText(ours);
    if (ours === null || theirs === null || text !== canonicalText(theirs)) {
      return { jobs, lines, last, digest: hash.digest("hex"), parting: { source: ours, target: theirs } };
    }
    hash.update(`${text}\n`);
    [jobs, lines, last] = [jobs + 1, lines + ours.history.length, ours.seq];
    if (jobs % PAGE_JOBS > 0) continue;
    onJobs(jobs);
    await pause();
  }
}

/** Returns a pause for each page of a long task: two stores that answer at once keep the thread from hearing a signal. */
export function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < DEAF_MS) return;
    await yieldToEventLoop();
    since = performance.now();
  };
}

async function next(jobs: AsyncGenerator<StoredJob, void>): Promise<StoredJob | null> {
  return (await jobs.next()).value ?? null;
}

async function* eachJob(store: PortableStore): AsyncGenerator<StoredJob, void> {
  for (let after: number | null = null;;) {
    const page = await store.dump({ after, limit: PAGE_JOBS });
    yield* page.jobs;
    if (page.next === null) return;
    after = page.next;
  }
}
