import type { OperatorVerb } from "../job.ts";
import type { Moved } from "../store.ts";
import { toJob } from "./rows.ts";
import type { Statements } from "./statements.ts";

const EVENT = { cancel: "canceled", resubmit: "resubmitted" } as const satisfies Record<OperatorVerb, string>;

export function move(sql: Statements, verb: OperatorVerb, ids: readonly string[], now: number): Moved[] {
  return ids.map((id) => moveOne(sql, verb, id, now));
}

function moveOne(sql: Statements, verb: OperatorVerb, id: string, now: number): Moved {
  const before = sql.get.get(id);
  if (before === undefined) return { id, outcome: "unknown" };
  const job = toJob(before);
  const after = sql[verb].get(id, now);
  if (after === undefined) return { id, outcome: "illegal", job };
  sql.movedStory.run(id, now, EVENT[verb], `was ${job.status}`);
  return { id, outcome: "moved", from: job.status, job: toJob(after) };
}
