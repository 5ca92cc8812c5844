/** Moves all jobs that match, page by page, so that other work goes on in between. */
import { isStatus, MOVES, type OperatorVerb, type Status } from "./job.ts";
import { moveInTurns, type Mover, tellingOf } from "./moving.ts";
import { pagesOf } from "./pages.ts";
import type { JobFilter, JobList, ListRequest, MoveAllOptions } from "./roles.ts";

interface Hands extends Mover {
  list(request: ListRequest): Promise<JobList>;
}

type MoveAll = MoveAllOptions & { readonly verb: OperatorVerb; readonly filter: JobFilter };

/** Returns how many jobs were moved. */
export async function moveAll(hands: Hands, move: MoveAll): Promise<number> {
  let count = 0;
  let isWhole = false;
  const tell = tellingOf(hands, move, true);
  try {
    for await (const moved of movePages(hands, move)) {
      count += moved;
      move.onProgress?.(count);
    }
    isWhole = !move.signal?.aborted;
  } finally {
    tell(count, isWhole);
  }
  return count;
}

/** Yields how many jobs each turn moved. */
async function* movePages(hands: Hands, { verb, filter, ...how }: MoveAll): AsyncGenerator<number> {
  for (const status of statusesOf(verb, filter)) {
    for await (const { jobs } of pagesOf(hands, { ...filter, status }, how.signal)) {
      const ids = jobs.map(({ id }) => id);
      for await (const moved of moveInTurns(hands, { ...how, verb, ids }, true)) {
        yield moved.filter(({ outcome }) => outcome === "moved").length;
      }
    }
  }
}

function statusesOf(verb: OperatorVerb, { status, statuses, stalled, due }: JobFilter): Status[] {
  const only = stalled ? "PROCESSING" : due === undefined ? status : status ?? "PENDING";
  return MOVES[verb].from.filter(isStatus).filter((one) =>
    only === undefined ? statuses?.includes(one) ?? true : one === only
  );
}
