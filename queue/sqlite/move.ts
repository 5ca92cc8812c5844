/** Moves jobs for an operator, and says why the others stay. */
import type { Job, OperatorVerb } from "../job.ts";
import type { Moved } from "../store.ts";
import { foldHistory } from "./history.ts";
import { number, toJob } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";

const EVENT = { cancel: "canceled", resubmit: "resubmitted" } as const satisfies Record<OperatorVerb, string>;

/** A move rewrites the whole row with its values: one turn rewrites at most this many bytes, or a single job. */
const TURN_BYTES = 512 * 1024;

interface Move {
  readonly verb: OperatorVerb;
  readonly ids: readonly string[];
  readonly now: number;
  readonly by: string | undefined;
}

export function move(sql: Statements, { ids, ...asked }: Move): Moved[] {
  const moved: Moved[] = [];
  let bytes = 0;
  for (const id of ids) {
    if (bytes >= TURN_BYTES) break;
    // Half a surrogate pair would be read as another character, and so name another job.
    const before = id.isWellFormed() ? sql.brief.get(id) : undefined;
    if (before === undefined) moved.push({ id, outcome: "unknown" });
    else {
      moved.push(moveOne(sql, toJob(before), asked));
      bytes += number(before.bytes);
    }
  }
  return moved;
}

function moveOne(sql: Statements, job: Job, { verb, now, by }: Omit<Move, "ids">): Moved {
  const { id } = job;
  const after = sql[verb].get(id, now);
  if (after === undefined) return { id, outcome: "illegal", job };
  sql.movedLine.run(
    id,
    now,
    EVENT[verb],
    by === undefined ? `was ${job.status}` : `was ${job.status}, by ${by}`,
  );
  foldHistory(sql, job.seq);
  return { id, outcome: "moved", from: job.status, job: toJob(after) };
}
