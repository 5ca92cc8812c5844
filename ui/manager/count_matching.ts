/** How many jobs an action on all that match is about, without counting for ever. */
import {
  isLegal,
  type JobFilter,
  type OperatorVerb,
  pagesOf,
  type Status,
  STATUSES,
} from "@persistent-queue/queue";
import { count } from "../components/format.ts";
import type { PageDeps } from "../page_deps.ts";

const ENOUGH = 10_000;
const PATIENCE_MS = 2_000;

export interface Matching {
  readonly n: number;
  /** False: there may be more. */
  readonly isAll: boolean;
}

/** The statuses whose jobs the action moves. */
export function movable(verb: OperatorVerb, { status, statuses }: JobFilter): Status[] {
  const wanted = status === undefined ? statuses : [status];
  return STATUSES.filter((one) => isLegal(verb, one) && (wanted?.includes(one) ?? true));
}

/** Where only the status counts the queue knows the number; else it has to look. */
export async function countMatching(
  queue: PageDeps["queue"],
  verb: OperatorVerb,
  filter: JobFilter,
): Promise<Matching> {
  const statuses = movable(verb, filter);
  const { status: _status, statuses: _statuses, ...narrower } = filter;
  if (Object.keys(narrower).length === 0) {
    const { counts } = await queue.stats();
    return { n: statuses.reduce((sum, status) => sum + counts[status], 0), isAll: true };
  }
  const deadline = performance.now() + PATIENCE_MS;
  let n = 0;
  for (const status of statuses) {
    for await (const { jobs, next } of pagesOf(queue, { ...filter, status })) {
      n += jobs.length;
      if (n > ENOUGH) return { n: ENOUGH, isAll: false };
      if (next !== null && performance.now() > deadline) return { n, isAll: false };
    }
  }
  return { n, isAll: true };
}

/** `1 job`, `3,000 jobs`, `more than 10,000 jobs`. */
export function matchingInWords({ n, isAll }: Matching): string {
  if (isAll) return `${count(n)} ${n === 1 ? "job" : "jobs"}`;
  if (n === 0) return "all jobs that match";
  return `${n === ENOUGH ? "more than" : "at least"} ${count(n)} ${n === 1 ? "job" : "jobs"}`;
}
