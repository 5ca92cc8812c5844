/** Gathers what the list shows. */
import { type Job, type JobList, MAX_PAGE_SIZE, PAGE_SIZE } from "@persistent-queue/queue";
import { jobFilter } from "../api/move_input.ts";
import type { PageDeps } from "../page_deps.ts";
import { jobOnWire, type Moment, warningsOf } from "../api/serializers.ts";
import { isInLine, type ListQuery } from "./list_query.ts";
import type { ListView, Row } from "./views.ts";

/** Characters of an error, and of a payload, beside their job. */
const ERROR_LENGTH = 200;
const PREVIEW_LENGTH = 120;

type Queue = PageDeps["queue"];

/** @throws {HttpError} 400 for a query that makes no sense; {QueueError} */
export async function listView({ queue, system, now }: PageDeps, query: ListQuery): Promise<ListView> {
  const [{ counts, stalled }, { jobs, next }] = await Promise.all([
    queue.stats(),
    found(queue, query, now()),
  ]);
  const moment = { now: now(), stallMs: queue.stallMs, kinds: queue.kinds };
  return {
    page: "list",
    now: moment.now,
    query,
    jobs: jobs.map((job) => toRow(job, moment)),
    next,
    counts,
    stalled,
    kinds: queue.kinds,
    warnings: warningsOf(system),
    batches: [],
  };
}

/** The rows of these jobs, by their `seq`, however they have changed; without those that are gone. */
export async function rowsOf({ queue, now }: PageDeps, seqs: readonly number[]): Promise<Row[]> {
  const moment = { now: now(), stallMs: queue.stallMs, kinds: queue.kinds };
  const jobs = await queue.getMany(seqs.slice(0, MAX_PAGE_SIZE), { values: false });
  return jobs.map((job) => toRow(job, moment));
}

function found(queue: Pick<Queue, "list">, query: ListQuery, now: number): Promise<JobList> {
  const limit = /^\d+$/.test(query.limit) ? Number(query.limit) : PAGE_SIZE;
  return queue.list({
    ...jobFilter(query, now),
    stalled: query.stalled,
    order: isInLine(query) ? "line" : "newest",
    values: false,
    limit: Math.min(Math.max(limit, 1), MAX_PAGE_SIZE),
    ...(query.cursor === "" ? {} : { cursor: query.cursor }),
  });
}

function toRow(job: Job, moment: Moment): Row {
  const row = jobOnWire(job, moment);
  return { ...row, error: row.error?.slice(0, ERROR_LENGTH) ?? null, preview: previewOf(job) };
}

function previewOf({ payload, leftOut = [] }: Job): string | null {
  if (leftOut.includes("payload")) return "payload over 2 KiB";
  return payload === "null" ? null : payload.slice(0, PREVIEW_LENGTH);
}
