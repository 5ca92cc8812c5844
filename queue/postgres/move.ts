/** Moves jobs for an operator, and says why the others stay. */
import { isStatus, type Job, type OperatorVerb } from "../job.ts";
import type { Moved } from "../store.ts";
import { toJob } from "../storing/rows.ts";
import type { Client } from "./client.ts";
import { foldHistories } from "./history.ts";
import { MOVING } from "./statements.ts";
import { isPossible } from "./values.ts";

/** One statement moves at most this many jobs. */
const MAX_JOBS = 500;

interface Move {
  readonly verb: OperatorVerb;
  readonly ids: readonly string[];
  /** Null: the server's clock. */
  readonly time: number | null;
  readonly by: string | undefined;
}

export async function move(client: Client, { verb, ids, time, by }: Move): Promise<Moved[]> {
  const asked = ids.slice(0, MAX_JOBS);
  if (asked.length === 0) return [];
  const possible = asked.filter(isPossible);
  const rows = await client.query(MOVING[verb], [time, possible, by === undefined ? "" : `, by ${by}`]);
  const moved = new Map(rows.map((row) => [String(row.id), { job: toJob(row), from: row.was }]));
  const long = rows.filter((row) => row.is_long === true).map((row) => Number(row.seq));
  await foldHistories(client, long);
  const others = possible.filter((id) => !moved.has(id));
  const present = new Map((await jobsOf(client, others)).map((job) => [job.id, job]));
  return asked.map((id) => {
    const found = moved.get(id);
    if (found !== undefined && isStatus(found.from)) {
      moved.delete(id);
      // An id that occurs twice is moved once.
      present.set(id, found.job);
      return { id, outcome: "moved", from: found.from, job: found.job };
    }
    const job = present.get(id);
    return job === undefined ? { id, outcome: "unknown" } : { id, outcome: "illegal", job };
  });
}

async function jobsOf(client: Client, ids: readonly string[]): Promise<Job[]> {
  return ids.length === 0 ? [] : (await client.query(MOVING.byIds, [ids])).map(toJob);
}
