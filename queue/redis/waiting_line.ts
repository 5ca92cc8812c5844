/** Waiting jobs, in the order in which they will run. */
import type { Due, JobPage } from "../store.ts";
import { fromCursor, toCursor } from "../storing/cursor.ts";
import { kindsAsValues } from "./claim.ts";
import type { Client } from "./client.ts";
import { getMany } from "./read.ts";
import { items, numberOf } from "./replies.ts";

/** Up to this many waiting jobs are sorted quickly. */
const FEW_WAITING = 5_000;
/** If more jobs wait than can be sorted quickly, the line is listed only up to here. */
const MAX_PLACES = 1_000;

interface LineRequest {
  readonly limit: number;
  readonly due: Due | undefined;
  readonly cursor: string | undefined;
  readonly time: number | "";
  /** The kinds that have a handler somewhere; null = not known. */
  readonly kinds: readonly string[] | null;
}

interface Place {
  /** 0 = due, 1 = delayed, 2 = of a kind without a handler. */
  readonly part: number;
  readonly priority: number;
  readonly runAt: number;
  readonly seq: number;
}

export async function listLine(
  client: Client,
  { limit, due, cursor, time, kinds }: LineRequest,
): Promise<JobPage> {
  const from = cursor === undefined ? 0 : fromCursor(cursor);
  // One more place than requested shows whether there is another page.
  const wanted = [due !== "later", due !== "now", due === undefined].map(Number);
  const asked = Math.min(from + limit, FEW_WAITING) + 1;
  const [waiting, found] = items(
    await client.run("line", [time, asked, ...wanted, ...kindsAsValues(kinds)]),
  );
  const isFew = numberOf(waiting) <= FEW_WAITING;
  const end = Math.min(from + limit, isFew ? Infinity : MAX_PLACES);
  const places = items(found).map(items).map(([part, priority, runAt, seq]): Place => ({
    ...{ part: numberOf(part), priority: numberOf(priority), runAt: numberOf(runAt), seq: numberOf(seq) },
  })).sort(inOrder);
  const isLast = places.length <= end || (!isFew && end === MAX_PLACES);
  const jobs = await getMany(client, places.slice(from, end).map(({ seq }) => seq), { values: false });
  return { jobs, next: isLast ? null : toCursor(end) };
}

/** Due jobs by priority, then by time; all others by time. */
function inOrder(a: Place, b: Place): number {
  const byPriority = b.priority - a.priority;
  const byPlace = a.part === 0 ? byPriority || a.runAt - b.runAt : a.runAt - b.runAt || byPriority;
  return a.part - b.part || byPlace || a.seq - b.seq;
}
