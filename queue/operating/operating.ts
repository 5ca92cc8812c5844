/** Moves jobs for an operator: those that are named, or all that match, page by page. */
import { isStatus, MOVES, type OperatorVerb, type Status } from "../job.ts";
import type { QueueParts } from "../options.ts";
import { pagesOf } from "../pages.ts";
import type { Inspector, JobFilter, MoveAllOptions, MoveOptions, MoveResult, Operator } from "../roles.ts";
import { checkStoredId } from "../validate.ts";
import { moveIds, moveInTurns, type Mover, tellingOf } from "./moving.ts";

type List = Pick<Inspector, "list">;
type MoveAll = MoveAllOptions & { readonly verb: OperatorVerb; readonly filter: JobFilter };

export class Operating implements Pick<Operator, "move" | "moveAll"> {
  readonly #mover: Mover;
  readonly #list: List;

  constructor({ store, health, events, options: { now } }: QueueParts, list: List) {
    this.#list = list;
    this.#mover = {
      move: (verb, ids, by) => health.observe(store.move(verb, ids, now(), by)),
      emit: (event) => events.emit(event),
    };
  }

  async move(
    verb: OperatorVerb,
    ids: readonly string[],
    by: string,
    options: MoveOptions = {},
  ): Promise<MoveResult[]> {
    return await moveIds(this.#mover, { verb, ids: ids.map(checkStoredId), by, ...options });
  }

  async moveAll(verb: OperatorVerb, filter: JobFilter, how: MoveAllOptions): Promise<number> {
    const move = { verb, filter, ...how };
    let count = 0;
    let isWhole = false;
    const tell = tellingOf(this.#mover, move, true);
    try {
      for await (const moved of this.#movePages(move)) {
        count += moved;
        how.onProgress?.(count);
      }
      isWhole = !how.signal?.aborted;
    } finally {
      tell(count, isWhole);
    }
    return count;
  }

  /** Yields how many jobs each turn moved. */
  async *#movePages({ verb, filter, ...how }: MoveAll): AsyncGenerator<number> {
    for (const status of statusesOf(verb, filter)) {
      for await (const { jobs } of pagesOf(this.#list, { ...filter, status }, how.signal)) {
        const ids = jobs.map(({ id }) => id);
        for await (const moved of moveInTurns(this.#mover, { ...how, verb, ids }, true)) {
          yield moved.filter(({ outcome }) => outcome === "moved").length;
        }
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
