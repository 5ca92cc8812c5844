/** Moves jobs for an operator, and says why the others stay. */
import { isStatus, type OperatorVerb } from "../job.ts";
import type { Moved } from "../store.ts";
import type { Client, Reply } from "./client.ts";
import { items, jobOf } from "./replies.ts";

/** One script moves at most this many jobs: a few milliseconds. */
const MAX_JOBS = 200;

interface Move {
  readonly verb: OperatorVerb;
  readonly ids: readonly string[];
  readonly by: string | undefined;
  readonly time: number | "";
  readonly writer: string;
}

export async function move(client: Client, { verb, ids, by, time, writer }: Move): Promise<Moved[]> {
  const asked = ids.slice(0, MAX_JOBS);
  if (asked.length === 0) return [];
  const added = by === undefined ? "" : `, by ${by}`;
  // Half a surrogate pair would be sent as another character, and so name another job.
  const possible = asked.filter((id) => id.isWellFormed());
  const results = items(await client.run("move", [time, writer, verb, added, ...possible]));
  const moved = possible.map((id, i) => movedOf(id, items(results[i])));
  return asked.map((id) => (id.isWellFormed() ? moved.shift() : undefined) ?? { id, outcome: "unknown" });
}

function movedOf(id: string, [outcome, from, job]: readonly Reply[]): Moved {
  if (outcome === "moved" && isStatus(from)) return { id, outcome, from, job: jobOf(job) };
  return outcome === "illegal" ? { id, outcome, job: jobOf(job) } : { id, outcome: "unknown" };
}
