/** Moves jobs for an operator, some jobs a turn, so that other work goes on in between. */
import { yieldToEventLoop } from "../yield_to_event_loop.ts";
import { QueueError } from "../errors.ts";
import type { QueueEvent } from "../events.ts";
import { MOVES, type OperatorVerb } from "../job.ts";
import { printable } from "../printable.ts";
import type { MoveOptions, MoveResult } from "../roles.ts";
import type { Moved } from "../store.ts";

/** The most that one turn moves: some milliseconds. */
const MOST_IDS = 200;
/** A move of more jobs is reported as one event. */
const MANY = 20;

export interface Mover {
  move(verb: OperatorVerb, ids: readonly string[], by: string): Promise<Moved[]>;
  emit(event: QueueEvent): void;
}

export interface Move extends MoveOptions {
  readonly verb: OperatorVerb;
  readonly ids: readonly string[];
  readonly by: string;
}

/** Returns one result per id; fewer if the signal ended the move. */
export async function moveIds(mover: Mover, move: Move): Promise<MoveResult[]> {
  const isMany = move.ids.length > MANY;
  const results: MoveResult[] = [];
  const tell = tellingOf(mover, move, isMany);
  try {
    for await (const moved of moveInTurns(mover, move, isMany)) {
      results.push(...moved.map((one) => toMoveResult(move.verb, one)));
    }
  } finally {
    tell(results.filter(({ ok }) => ok).length, results.length === move.ids.length);
  }
  return results;
}

/** Yields, per turn, the jobs that were moved and those that were left as they were. */
export async function* moveInTurns(
  mover: Mover,
  { verb, ids, by, signal }: Move,
  isOneOfMany: boolean,
): AsyncGenerator<Moved[]> {
  for (let done = 0; done < ids.length && !signal?.aborted;) {
    if (isOneOfMany) await yieldToEventLoop();
    const page = ids.slice(done, done + MOST_IDS);
    const moving = mover.move(verb, page, by);
    if (MOVES[verb].to === "PENDING") mover.emit({ type: "arriving", count: page.length });
    const moved = await moving;
    for (const one of moved) {
      if (one.outcome !== "moved") continue;
      const { id, from, job: { kind, seq, lease } } = one;
      mover.emit({ type: "moved", verb, id, kind, from, lease: { seq, lease }, by, isOneOfMany });
    }
    yield moved;
    done += moved.length;
  }
}

/** Emits the end of a move of many jobs as one event. */
export function tellingOf(mover: Mover, { verb, by, signal }: Omit<Move, "ids">, isMany: boolean) {
  return (count: number, isWhole: boolean) => {
    if (!isMany) return;
    const ended = isWhole ? "done" : signal?.aborted ? "stopped" : "failed";
    mover.emit({ type: "moved-many", verb, count, by, ended });
  };
}

function toMoveResult(verb: OperatorVerb, moved: Moved): MoveResult {
  const { id } = moved;
  if (moved.outcome === "moved") return { id, ok: true, job: moved.job };
  if (moved.outcome === "unknown") {
    return { id, ok: false, code: "unknown_job", message: unknownJob(id).message };
  }
  const allowed = MOVES[verb].from.join(", ");
  const message = `Cannot ${verb} job "${
    shown(id)
  }": it is ${moved.job.status}, and only ${allowed} allow that.`;
  return { id, ok: false, code: "illegal_move", message };
}

export function unknownJob(id: string): QueueError {
  return new QueueError("unknown_job", `There is no job "${shown(id)}": check its id.`);
}

/** A list of results repeats each id anyway, so a sentence need not repeat a long one. */
function shown(id: string): string {
  return printable(id, { maxLength: 200 });
}
