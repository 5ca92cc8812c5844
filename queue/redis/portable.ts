/** Copies whole jobs out of the keys, and into them. */
import type { HistoryEntry } from "../job.ts";
import { toStoredJob } from "../storing/rows.ts";
import {
  assertNoConflict,
  type Dump,
  DUMP_BYTES,
  type DumpRequest,
  firstConflict,
  type StoredJob,
  uniqueById,
} from "../stored_job.ts";
import type { Client, Reply, Value } from "./client.ts";
import { historyEntryOf, items, numberOf, toRow } from "./replies.ts";
import { assertStoredJobs } from "./rules.ts";
import { COLUMNS } from "./lua_tables.ts";

/** One script reads at most this many jobs: a few milliseconds. */
const MAX_JOBS = 200;
/** A job that exists when the jobs are compared may be gone when they are written. */
const TRIES = 5;

export async function dump(client: Client, { after, limit }: DumpRequest): Promise<Dump> {
  const most = Math.min(limit, MAX_JOBS);
  const [jobs, last] = items(await client.run("dump", [after ?? "", most, DUMP_BYTES]));
  const next = last === null || last === undefined ? null : numberOf(last);
  return { jobs: items(jobs).map(storedJobOf), next };
}

const WHOLE = [...COLUMNS, "suspect", "payload", "result", "seq"];

function storedJobOf(reply: Reply): StoredJob {
  const values = items(reply);
  const row = withoutNul(toRow(WHOLE, values));
  const lines = items(values[WHOLE.length]).map((line) => withoutNul(historyEntryOf(line, Infinity)));
  return toStoredJob({ ...row, payload: row.payload ?? "null" }, lines);
}

/** No other backend returns an error with a NUL as it was: PostgreSQL's stores it like this. */
function withoutNul<Facts extends object>(facts: Facts): Facts {
  const changed = Object.entries(facts).flatMap(([name, value]) =>
    typeof value === "string" && value.includes("\0") ? [[name, value.replaceAll("\0", "\uFFFD")]] : []
  );
  return changed.length === 0 ? facts : { ...facts, ...Object.fromEntries(changed) };
}

/** All of them, or none. */
export async function restore(
  client: Client,
  all: readonly StoredJob[],
  { writer }: { readonly writer: string },
): Promise<void> {
  assertStoredJobs(all);
  const jobs = uniqueById(all);
  for (let tries = 0; tries < TRIES; tries++) {
    const stored = items(await client.run("wholeJobs", jobs.map(({ id }) => id))).map(storedJobOf);
    assertNoConflict(firstConflict(all, stored));
    const present = new Set(stored.map(({ id }) => id));
    const missing = jobs.filter(({ id }) => !present.has(id));
    if (missing.length === 0) return;
    const values = missing.flatMap(valuesOf);
    if (await client.run("restore", [writer, RESTORED.length, ...RESTORED, ...values]) === 1) return;
  }
  throw new Error("A job keeps appearing and disappearing: its id changes as often as it is read");
}

const RESTORED = [...COLUMNS, "suspect", "payload", "result"];

/** In the order of the columns. */
function valuesOf(job: StoredJob): Value[] {
  return [
    ...[job.status, job.lease, job.id, job.kind, job.priority, job.runAt, job.retries, job.crashes],
    ...[job.consumerId, job.lastHeartbeat, job.startedAt, job.finishedAt, job.createdAt, job.updatedAt],
    ...[job.canceledFrom, job.error, Number(job.suspect), job.payload, job.result],
    ...[job.history.length, ...job.history.map(lineOf)],
  ];
}

/** As `scripts/history.lua` writes it. */
function lineOf(line: HistoryEntry): string {
  return JSON.stringify([
    ...[line.at, line.event, line.lease, line.retries, line.consumerId, line.detail, line.takenAt],
    ...[line.ranMs, line.report, line.log],
  ].map((value) => value === null ? null : String(value)));
}
