/** How many jobs an action on all that fit is about, status by status. */
import {
  isStatus,
  type JobFilter,
  MOVES,
  type OperatorVerb,
  pagesOf,
  type Status,
} from "@persistent-queue/queue";
import type { CliQueue } from "./command.ts";

export type PerStatus = readonly (readonly [status: Status, jobs: number])[];

/** Those statuses that the action moves, without the ones that have no such job. */
export async function countPerStatus(
  queue: CliQueue,
  verb: OperatorVerb,
  filter: JobFilter,
): Promise<PerStatus> {
  const wanted = MOVES[verb].from.filter(isStatus).filter((one) => isWanted(filter, one));
  const { status: _status, statuses: _statuses, ...narrower } = filter;
  const isPlain = Object.keys(narrower).length === 0;
  const { counts } = await queue.stats();
  const found: [Status, number][] = [];
  for (const status of wanted) {
    const jobs = isPlain ? counts[status] : await countListed(queue, { ...filter, status });
    if (jobs > 0) found.push([status, jobs]);
  }
  return found;
}

function isWanted({ status, statuses }: JobFilter, one: Status): boolean {
  return status === undefined ? statuses?.includes(one) ?? true : status === one;
}

async function countListed(queue: CliQueue, filter: JobFilter): Promise<number> {
  let jobs = 0;
  for await (const page of pagesOf(queue, filter)) jobs += page.jobs.length;
  return jobs;
}

export function totalOf(found: PerStatus): number {
  return found.reduce((sum, [, jobs]) => sum + jobs, 0);
}

/** `40 PENDING, 6 FAILED`. */
export function perStatusInWords(found: PerStatus): string {
  return found.map(([status, jobs]) => `${jobs} ${status}`).join(", ");
}
