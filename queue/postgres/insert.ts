/** Adds jobs, and finds those that exist already. */
import { isFinished } from "../job.ts";
import type { Added } from "../roles.ts";
import type { NewJob, Refused } from "../store.ts";
import { firstBatch } from "../storing/batches.ts";
import { addedAs, number, toJob } from "../storing/rows.ts";
import type { Client, Row, Tx } from "./client.ts";
import { SharedStatement } from "./shared_statement.ts";
import { ADDING } from "./statements.ts";
import { fillValues } from "./values.ts";

/** The most that one call adds. */
const BATCH = { maxJobs: 1_000, maxChars: 8 * 1024 * 1024 };
/** The limit of one statement that several calls share. */
const MAX_BYTES = 4 * 1024 * 1024;
/** A job without a payload counts as much as this. */
const JOB_BYTES = 2 * 1024;
/** A job that existed and is gone a moment later is added after all. */
const TRIES = 3;

/**
 * Returns a function that adds the first of these jobs, and shares its statement with other calls. Replacements share
 * another one: each of them may wait for a lock, and that must not hold up what adds new jobs.
 * @param time returns null for the server's clock
 */
export function sharedInserts(
  client: Client,
  time: () => number | null,
): (jobs: readonly NewJob[]) => Promise<(Added | Refused)[]> {
  const options = {
    run: (jobs: readonly NewJob[]) => insert(client, jobs, time()),
    weigh: ({ payload }: NewJob) => payload.length + JOB_BYTES,
    maxWeight: MAX_BYTES,
  };
  const additions = new SharedStatement({ ...options, concurrency: 2 });
  const replacements = new SharedStatement({ ...options, repeatsOneByOne: true });
  return (jobs) => {
    const inserts = jobs.some(({ replace }) => replace) ? replacements : additions;
    return inserts.call(firstBatch(jobs, BATCH));
  };
}

/**
 * Returns the results for all of these jobs. Only a replacement changes what exists: then all is one transaction.
 * @param time null: the server's clock
 */
async function insert(
  client: Client,
  jobs: readonly NewJob[],
  time: number | null,
): Promise<(Added | Refused)[]> {
  if (jobs.length === 0) return [];
  const replaces = jobs.some(({ replace }) => replace);
  const results = replaces
    ? await client.transaction((tx) => insertInOrder(tx, jobs, time))
    : await insertInto(client, jobs, time);
  return await withValues(client, results);
}

/** A job that replaces another one decides what a later one with the same id finds. */
async function insertInOrder(
  tx: Tx,
  jobs: readonly NewJob[],
  time: number | null,
): Promise<(Added | Refused)[]> {
  if (new Set(jobs.map(({ id }) => id)).size === jobs.length) return await insertInto(tx, jobs, time);
  const results: (Added | Refused)[] = [];
  for (const job of jobs) results.push(...await insertInto(tx, [job], time));
  return results;
}

async function insertInto(
  tx: Tx,
  jobs: readonly NewJob[],
  time: number | null,
): Promise<(Added | Refused)[]> {
  const results: (Added | Refused | undefined)[] = [];
  for (let left = [...jobs.keys()], tries = 0; left.length > 0; tries++) {
    if (tries === TRIES) {
      throw new Error("A job keeps appearing and disappearing: its id changes as often as it is read");
    }
    await insertSome(tx, { jobs, places: left, results, time });
    left = left.filter((place) => results[place] === undefined);
  }
  return results.filter((one) => one !== undefined);
}

interface Part {
  readonly jobs: readonly NewJob[];
  /** The places of the jobs that have no result yet. */
  readonly places: readonly number[];
  /** By place. */
  readonly results: (Added | Refused | undefined)[];
  readonly time: number | null;
}

async function insertSome(tx: Tx, { jobs, places, results, time }: Part): Promise<void> {
  const asked = places.map((place) => jobs[place]).filter((job) => job !== undefined);
  const rows = await tx.query(ADDING.insert, [
    time,
    asked.map(({ id }) => id),
    asked.map(({ kind }) => kind),
    asked.map(({ payload }) => payload),
    asked.map(({ priority }) => priority),
    asked.map(({ runAt }) => runAt),
  ]);
  const added = new Map(rows.map((row) => [row.id, row]));
  const present: [place: number, job: NewJob][] = [];
  for (const [i, place] of places.entries()) {
    const job = asked[i];
    const row = job && added.get(job.id);
    if (job === undefined) continue;
    // A second job with this id is not new.
    added.delete(job.id);
    const result = row ? addedTo(row, job) : job.replace ? await replace(tx, job, time) : undefined;
    if (result !== undefined) results[place] = result;
    else present.push([place, job]);
  }
  if (present.length === 0) return;
  const found = await tx.query(ADDING.present, [
    present.map(([, { id }]) => id),
    present.map(([, { kind }]) => kind),
    present.map(([, { payload }]) => payload),
  ]);
  for (const row of found) {
    const [place] = present[number(row.n) - 1] ?? [];
    if (place !== undefined) results[place] = presentAs(row);
  }
}

async function replace(tx: Tx, job: NewJob, time: number | null): Promise<Added | undefined> {
  const detail = job.by === undefined ? "added again" : `added again, by ${job.by}`;
  const { id, kind, payload, priority, runAt } = job;
  const [row] = await tx.query(ADDING.replace, [time, id, kind, payload, priority, runAt, detail]);
  if (row === undefined) return undefined;
  const { leftOut: _, ...afresh } = toJob(row);
  return { outcome: "replaced", job: { ...afresh, payload }, differs: false };
}

function presentAs(row: Row): Added | Refused {
  const job = toJob(row);
  if (isFinished(job.status)) return { outcome: "refused", job };
  return { outcome: "waiting", job, differs: row.differs === true };
}

/** The row says when a job runs that was to run at once. */
function addedTo(row: Row, job: NewJob): Added {
  return addedAs({ ...job, runAt: number(row.run_at) }, number(row.seq), number(row.created_at));
}

async function withValues(
  client: Client,
  results: readonly (Added | Refused)[],
): Promise<(Added | Refused)[]> {
  const filled = await fillValues(client, results.map(({ job }) => job));
  return results.map((result, i) => ({ ...result, job: filled[i] ?? result.job }));
}
