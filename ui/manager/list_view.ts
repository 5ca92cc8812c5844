/** Gathers what the list shows. */
import { isStalled, type Job, type JobList, type Queue } from "@persistent-queue/queue";
import { jobFilter } from "../move_input.ts";
import type { Ports } from "../ports.ts";
import { jobOnWire } from "../wire.ts";
import type { ListQuery } from "./list_query.ts";
import type { BatchView, ListView, Row } from "./views.ts";

const ROWS = 50;
const MOST_ROWS = 200;
/** Characters of an error beside its job. */
const ERROR_WORDS = 200;

/** @throws {Refusal} 400 for a query that makes no sense; {QueueError} */
export async function listView(
  { queue, system, now }: Ports,
  query: ListQuery,
  batches: readonly BatchView[],
): Promise<ListView> {
  const [{ counts }, running] = await Promise.all([
    queue.stats(),
    queue.list({ status: "PROCESSING", limit: MOST_ROWS }),
  ]);
  const moment = { now: now(), stallMs: queue.stallMs };
  const stalled = running.jobs.filter((job) => isStalled(job, moment));
  const { jobs, next } = query.stalled ? among(stalled, query) : await found(queue, query);
  const view = system.view();
  const top = jobs[0];
  return {
    page: "list",
    now: moment.now,
    query,
    jobs: jobs.map((job) => toRow(job, moment)),
    next,
    here: top === undefined ? null : String(top.seq + 1),
    counts,
    stalled: stalled.length,
    kinds: queue.kinds,
    batches,
    warnings: view.trouble === null ? view.warnings : [view.trouble, ...view.warnings],
  };
}

function among(stalled: Job[], { kind, q }: ListQuery): JobList {
  const matching = stalled.filter((job) => (kind === "" || job.kind === kind) && job.id.includes(q));
  return { jobs: matching, next: null };
}

function found(queue: Pick<Queue, "list">, query: ListQuery): Promise<JobList> {
  const limit = /^\d+$/.test(query.limit) ? Number(query.limit) : ROWS;
  return queue.list({
    ...jobFilter(query),
    limit: Math.min(Math.max(limit, 1), MOST_ROWS),
    ...(query.cursor === "" ? {} : { cursor: query.cursor }),
  });
}

function toRow(job: Job, moment: { now: number; stallMs: number }): Row {
  const { payload: _payload, result: _result, ...row } = jobOnWire(
    { ...job, payload: "null", result: null },
    moment,
  );
  return { ...row, error: row.error?.slice(0, ERROR_WORDS) ?? null };
}
