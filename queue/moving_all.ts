/** Moves of everything that matches: page by page, so that jobs go on beside it. */
import { isStatus, type Job, MOVES, type OperatorVerb, type Status } from "./job.ts";
import type { JobFilter, JobList, ListRequest, MoveAllOptions, MoveResult } from "./roles.ts";

const PAGE = 200;

interface Hands {
  list(request: ListRequest): Promise<JobList>;
  move(verb: OperatorVerb, ids: readonly string[], by: string): Promise<MoveResult[]>;
}

export async function moveAll(
  hands: Hands,
  { verb, filter, by, onProgress, signal }: MoveAllOptions & { verb: OperatorVerb; filter: JobFilter },
): Promise<number> {
  let moved = 0;
  for (const status of statusesOf(verb, filter)) {
    for (let cursor: string | null = ""; cursor !== null && !signal?.aborted;) {
      const page: JobList = await hands.list({ ...filter, status, cursor, limit: PAGE });
      moved += await movePage(hands, page.jobs, { verb, by });
      onProgress?.(moved);
      cursor = page.next;
    }
  }
  return moved;
}

function statusesOf(verb: OperatorVerb, { status, stalled }: JobFilter): Status[] {
  const only = stalled ? "PROCESSING" : status;
  return MOVES[verb].from.filter(isStatus).filter((one) => only === undefined || one === only);
}

async function movePage(
  hands: Hands,
  jobs: readonly Job[],
  { verb, by }: { verb: OperatorVerb; by: string },
): Promise<number> {
  if (jobs.length === 0) return 0;
  const results = await hands.move(verb, jobs.map(({ id }) => id), by);
  return results.filter(({ ok }) => ok).length;
}
