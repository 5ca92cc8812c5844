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
/** How long a replacement waits for a lock again: with those that share its first try, it has waited for a second. */
const BRIEF_LOCK_MS = 100;
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
    run: (jobs: readonly NewJob[], { isRepeat }: { readonly isRepeat: boolean }) =>
      insert(client, jobs, { time: time(), isRepeat }),
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

interface How {
  /** Null: the server's clock. */
  readonly time: number | null;
  readonly isRepeat: boolean;
}

/** Returns the results for all of these jobs. Only a replacement changes what exists: then all is one transaction. */
async function insert(
  client: Client,
  jobs: readonly NewJob[],
  { time, isRepeat }: How,
): Promise<(Added | Refused)[]> {
  if (jobs.length === 0) return [];
  if (!jobs.some(({ replace }) => replace)) return await insertInto(client, jobs, time);
  return await client.transaction(async (tx) => {
    if (isRepeat) await tx.script(`SET LOCAL lock_timeout = ${BRIEF_LOCK_MS}`);
    return await insertInto(tx, jobs, time);
  });
}

async function insertInto(
  tx: Tx,
  jobs: readonly NewJob[],
  time: number | null,
): Promise<(Added | Refused)[]> {
  const results: (Added | Refused | undefined)[] = [];
  let asked: readonly Placed[] = [...jobs.entries()];
  for (let tries = 0; asked.length > 0; tries++) {
    if (tries === TRIES) {
      throw new Error("A job keeps appearing and disappearing: its id changes as often as it is read");
    }
    await insertSome(tx, { asked, results, time });
    asked = asked.filter(([place]) => results[place] === undefined);
  }
  return results.filter((one) => one !== undefined);
}

/** A job and its place among all. */
type Placed = readonly [place: number, job: NewJob];

interface Part {
  /** The jobs that have no result yet. */
  readonly asked: readonly Placed[];
  /** By place. */
  readonly results: (Added | Refused | undefined)[];
  readonly time: number | null;
}

/**
 * Each job gets the result that it would get if they were added one by one. Only the first replacement of an id finds it
 * finished: the jobs before it meet the former job, and those after it the one that waits now.
 */
async function insertSome(tx: Tx, { asked, results, time }: Part): Promise<void> {
  const { added, present } = await insertNew(tx, asked, time);
  for (const [place, result] of added) results[place] = result;
  const replacements = firstReplacements(present);
  const isBefore = ([place, { id }]: Placed) => place < (replacements.get(id)?.[0] ?? 0);
  for (const [place, result] of await find(tx, present.filter(isBefore))) results[place] = result;
  for (const [place, result] of await replace(tx, [...replacements.values()], time)) results[place] = result;
  const rest = present.filter(([place]) => results[place] === undefined);
  for (const [place, result] of await find(tx, rest)) results[place] = result;
}

/** A result and the place of its job. */
type Result = readonly [place: number, result: Added | Refused];

async function insertNew(
  tx: Tx,
  asked: readonly Placed[],
  time: number | null,
): Promise<{ readonly added: Result[]; readonly present: Placed[] }> {
  const rows = await tx.query(ADDING.insert, [time, ...columnsOf(asked)]);
  const inserted = new Map(rows.map((row) => [row.id, row]));
  const added: Result[] = [];
  const present: Placed[] = [];
  for (const [place, job] of asked) {
    const row = inserted.get(job.id);
    // A second job with this id is not new.
    inserted.delete(job.id);
    if (row === undefined) present.push([place, job]);
    else added.push([place, addedTo(row, job)]);
  }
  return { added, present };
}

/** By id. */
function firstReplacements(jobs: readonly Placed[]): Map<string, Placed> {
  const replacements = new Map<string, Placed>();
  for (const [place, job] of jobs) {
    if (job.replace && !replacements.has(job.id)) replacements.set(job.id, [place, job]);
  }
  return replacements;
}

async function replace(tx: Tx, jobs: readonly Placed[], time: number | null): Promise<Result[]> {
  if (jobs.length === 0) return [];
  const details = jobs.map(([, { by }]) => by === undefined ? "added again" : `added again, by ${by}`);
  const rows = await tx.query(ADDING.replace, [time, ...columnsOf(jobs), details]);
  return placed(rows, jobs, replacedAs);
}

/** With the values that they have now: a later job may replace one. */
async function find(tx: Tx, jobs: readonly Placed[]): Promise<Result[]> {
  if (jobs.length === 0) return [];
  const [ids, kinds, payloads] = columnsOf(jobs);
  const found = placed(await tx.query(ADDING.present, [ids, kinds, payloads]), jobs, presentAs);
  const filled = await fillValues(tx, found.map(([, { job }]) => job));
  return found.map(([place, result], i) => [place, { ...result, job: filled[i] ?? result.job }]);
}

/** A row has the number of its job among these, from 1. */
function placed(
  rows: readonly Row[],
  jobs: readonly Placed[],
  as: (row: Row, job: NewJob) => Added | Refused,
): Result[] {
  return rows.flatMap((row) => {
    const [place, job] = jobs[number(row.n) - 1] ?? [];
    return place === undefined || job === undefined ? [] : [[place, as(row, job)] as const];
  });
}

function columnsOf(jobs: readonly Placed[]) {
  return [
    jobs.map(([, { id }]) => id),
    jobs.map(([, { kind }]) => kind),
    jobs.map(([, { payload }]) => payload),
    jobs.map(([, { priority }]) => priority),
    jobs.map(([, { runAt }]) => runAt),
  ] as const;
}

function replacedAs(row: Row, { payload }: NewJob): Added {
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
