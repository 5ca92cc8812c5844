/** Moves jobs for an operator, by id or all that match, a few per turn, so that other work runs in between. */
import { checkStoredId } from "../adding/check_job.ts";
import { pagesOf } from "../inspecting/pages.ts";
import { yieldToEventLoop } from "../basics/time.ts";
import { shownId, unknownJob } from "../inspecting/inspecting.ts";
import { isStatus, MOVES, type OperatorVerb, type Status } from "../job.ts";
import type { QueueParts } from "../options.ts";
import type { Inspector, JobFilter, MoveAllOptions, MoveOptions, MoveResult, Operator } from "../roles.ts";
import type { Moved } from "../store.ts";

/** The most that one turn moves: a few milliseconds. */
const MAX_IDS = 200;
/** A move of more jobs than this is reported as one event. */
const MANY = 20;

/** A move, regardless of which jobs it moves. */
interface Move extends MoveOptions {
  readonly verb: OperatorVerb;
  readonly by: string;
  /** It moves so many jobs that one event reports them all. */
  readonly isOneOfMany: boolean;
}

/** How far a move of many jobs came. */
interface MoveEnd {
  readonly count: number;
  readonly isWhole: boolean;
}

export class Operating implements Pick<Operator, "move" | "moveAll"> {
  readonly #parts: QueueParts;
  readonly #inspector: Pick<Inspector, "list">;

  constructor(parts: QueueParts, inspector: Pick<Inspector, "list">) {
    this.#parts = parts;
    this.#inspector = inspector;
  }

  async move(
    verb: OperatorVerb,
    ids: readonly string[],
    by: string,
    options: MoveOptions = {},
  ): Promise<MoveResult[]> {
    const move = { verb, by, isOneOfMany: ids.length > MANY, ...options };
    const results: MoveResult[] = [];
    try {
      for await (const moved of this.#moveInTurns(move, ids.map(checkStoredId))) {
        results.push(...moved.map((one) => toMoveResult(verb, one)));
      }
    } finally {
      const count = results.filter(({ ok }) => ok).length;
      if (move.isOneOfMany) this.#reportEnd(move, { count, isWhole: results.length === ids.length });
    }
    return results;
  }

  async moveAll(verb: OperatorVerb, filter: JobFilter, how: MoveAllOptions): Promise<number> {
    const move = { verb, isOneOfMany: true, ...how };
    let count = 0;
    let isWhole = false;
    try {
      for await (const moved of this.#moveMatching(move, filter)) {
        count += moved.filter(({ outcome }) => outcome === "moved").length;
        how.onProgress?.(count);
      }
      isWhole = !how.signal?.aborted;
    } finally {
      this.#reportEnd(move, { count, isWhole });
    }
    return count;
  }

  async *#moveMatching(move: Move, filter: JobFilter): AsyncGenerator<Moved[]> {
    for (const status of statusesOf(move.verb, filter)) {
      for await (const { jobs } of pagesOf(this.#inspector, { ...filter, status }, move.signal)) {
        yield* this.#moveInTurns(move, jobs.map(({ id }) => id));
      }
    }
  }

  /** Yields, turn by turn, the jobs that were moved and those that were left unchanged. */
  async *#moveInTurns(
    { verb, by, isOneOfMany, signal }: Move,
    ids: readonly string[],
  ): AsyncGenerator<Moved[]> {
    const { store, health, events } = this.#parts;
    for (let done = 0; done < ids.length && !signal?.aborted;) {
      if (isOneOfMany) await yieldToEventLoop();
      const page = ids.slice(done, done + MAX_IDS);
      const moving = health.observe(store.move(verb, page, by));
      const brings = MOVES[verb].to === "PENDING" && store.takesCallsInOrder;
      if (brings) events.emit({ type: "arriving", count: page.length });
      const moved = await moving;
      for (const one of moved) {
        if (one.outcome !== "moved") continue;
        const { id, from, job: { kind, seq, lease } } = one;
        events.emit({ type: "moved", verb, id, kind, from, lease: { seq, lease }, by, isOneOfMany });
      }
      yield moved;
      done += moved.length;
    }
  }

  /** Reports a move of many jobs as one event. */
  #reportEnd({ verb, by, signal }: Move, { count, isWhole }: MoveEnd): void {
    const ended = isWhole ? "done" : signal?.aborted ? "stopped" : "failed";
    this.#parts.events.emit({ type: "moved-many", verb, count, by, ended });
  }
}

function toMoveResult(verb: OperatorVerb, moved: Moved): MoveResult {
  const { id } = moved;
  if (moved.outcome === "moved") return { id, ok: true, job: moved.job };
  if (moved.outcome === "unknown") {
    return { id, ok: false, code: "unknown_job", message: unknownJob(id).message };
  }
  const allowed = MOVES[verb].from.join(", ");
  const message = `Cannot ${verb} job "${
    shownId(id)
  }": it is ${moved.job.status}, and only ${allowed} allow that.`;
  return { id, ok: false, code: "illegal_move", message };
}

function statusesOf(verb: OperatorVerb, { status, statuses, stalled, due }: JobFilter): Status[] {
  const only = stalled ? "PROCESSING" : due === undefined ? status : status ?? "PENDING";
  return MOVES[verb].from.filter(isStatus).filter((one) =>
    only === undefined ? statuses?.includes(one) ?? true : one === only
  );
}
