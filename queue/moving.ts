/** What a person hears of a move that they asked for. */
import { QueueError } from "./errors.ts";
import { MOVES, type OperatorVerb } from "./job.ts";
import type { MoveResult } from "./roles.ts";
import type { Moved } from "./store.ts";

export function toMoveResult(verb: OperatorVerb, moved: Moved): MoveResult {
  const { id } = moved;
  if (moved.outcome === "moved") return { id, ok: true, job: moved.job };
  if (moved.outcome === "unknown") {
    return { id, ok: false, code: "unknown_job", message: unknownJob(id).message };
  }
  const allowed = MOVES[verb].from.join(", ");
  const message = `Cannot ${verb} job "${id}": it is ${moved.job.status}, and only ${allowed} allow that.`;
  return { id, ok: false, code: "illegal_move", message };
}

export function unknownJob(id: string): QueueError {
  return new QueueError("unknown_job", `There is no job "${id}": check its id.`);
}
