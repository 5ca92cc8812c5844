/** Reads two stores side by side, job by job, up to the first job that differs. */
import { createHash } from "node:crypto";
import { yieldToEventLoop } from "../basics/time.ts";
import { canonicalText, type PortableStore, type StoredJob } from "../stored_job.ts";

/** One call reads at most this many jobs; the store limits their size. */
export const PAGE_JOBS = 200;

/** The thread handles no signal for this long. A pause takes a few milliseconds. */
const BUSY_MS = 100;

/** Where the stores diverge: the next job of each, which differ; null where there is none. */
export interface Divergence {
  readonly source: StoredJob | null;
  readonly target: StoredJob | null;
}

export interface Walk {
  /** How many jobs, and lines of their histories, are the same in both, from the beginning on. */
  readonly jobs: number;
  readonly lines: number;
  /** The `seq` of the last of them in the source; null if there is none. */
  readonly last: number | null;
  /** SHA-256 of these jobs, in hexadecimal: of the canonical text of each, with a line feed. */
  readonly digest: string;
  readonly divergence: Divergence;
}

/** Reads no further than the first job that is missing in one of the stores, or differs. */
export async function walkTogether(
  { source, target }: { readonly source: PortableStore; readonly target: PortableStore },
  onJobs: (jobs: number) => void = () => {},
): Promise<Walk> {
  const [left, right] = [eachJob(source), eachJob(target)];
  const hash = createHash("sha256");
  const pause = pauser();
  let [jobs, lines, last]: [number, number, number | null] = [0, 0, null];
  for (;;) {
    const [ours, theirs] = await Promise.all([next(left), next(right)]);
    const text = ours === null ? null : canonicalText(ours);
    if (ours === null || theirs === null || text !== canonicalText(theirs)) {
      return { jobs, lines, last, digest: hash.digest("hex"), divergence: { source: ours, target: theirs } };
    }
    hash.update(`${text}\n`);
    [jobs, lines, last] = [jobs + 1, lines + ours.history.length, ours.seq];
    if (jobs % PAGE_JOBS > 0) continue;
    onJobs(jobs);
    await pause();
  }
}

/** Returns a pause to take after each page of a long task: two stores that answer at once would keep signals waiting. */
export function pauser(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < BUSY_MS) return;
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
