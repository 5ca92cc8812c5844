/** Gathers what each live page shows, from the query in its address. */
import { type Job, type JobList, MAX_PAGE_SIZE, PAGE_SIZE } from "@persistent-queue/queue";
import type { PageDeps } from "../page_deps.ts";
import { jobOnWire, type Moment, momentOf, systemOnWire, warningsOf } from "../api/serializers.ts";
import { jobFilter } from "../api/input.ts";
import type { BulkActions } from "./bulk_actions.ts";
import { jobView } from "./job_view.ts";
import { isInRunOrder, type ListQuery, queryParams, readQuery } from "./list_query.ts";
import type { ConsumersView, ListView, Row, View } from "./views.ts";

export type Gather = (params: URLSearchParams) => Promise<View>;

export function gatherViews(
  deps: PageDeps,
  batches: Pick<BulkActions, "view">,
): Record<View["page"], Gather> {
  const lists = new SharedViews<ListView>();
  const withBatches = <V extends View>(view: V): V => ({ ...view, batches: batches.view() });

  const list = async (params: URLSearchParams) => {
    const query = readQuery(params);
    const key = `${deps.queue.revision} ${queryParams(query)}`;
    const view = withBatches(await lists.get(key, () => listView(deps, query)));
    return params.has("kept") ? withKept(view, params.get("kept") ?? "") : view;
  };
  /** `numbers`: the `seq` numbers of the jobs that the reader holds on to. */
  const withKept = async (view: ListView, numbers: string): Promise<ListView> => {
    const listed = new Set(view.jobs.map(({ seq }) => seq));
    const others = numbers.split(",").filter((word) => /^\d{1,15}$/.test(word)).map(Number)
      .filter((seq) => !listed.has(seq));
    return { ...view, kept: await rowsOf(deps, others) };
  };
  const job = async (params: URLSearchParams) => {
    const from = readQuery(new URLSearchParams(params.get("from") ?? ""));
    return withBatches(await jobView(deps, { id: params.get("id") ?? "", from }));
  };
  return { list, job, consumers: () => Promise.resolve(withBatches(consumersView(deps))) };
}

/** How long a gathered list is shared by all readers of the same list. */
const FRESH_MS = 250;

interface Shared<View> {
  readonly view: Promise<View>;
  readonly until: number;
}

class SharedViews<View> {
  readonly #byKey = new Map<string, Shared<View>>();

  /** The view gathered for this key a moment ago, or a new one from `gather`. */
  get(key: string, gather: () => Promise<View>): Promise<View> {
    const now = performance.now();
    for (const [old, { until }] of this.#byKey) if (until <= now) this.#byKey.delete(old);
    const known = this.#byKey.get(key);
    if (known !== undefined) return known.view;
    const view = gather();
    this.#byKey.set(key, { view, until: now + FRESH_MS });
    return view;
  }
}

/** What the consumers page shows. */
function consumersView({ queue, system, faultInjection, now }: PageDeps): ConsumersView {
  const { consumers, hosts, this_host: thisHost, wedged } = systemOnWire(system.view(), queue);
  return {
    page: "consumers",
    now: now(),
    ...{ consumers, hosts, thisHost, wedged },
    canInject: faultInjection,
    warnings: warningsOf({ queue, system }),
    batches: [],
  };
}

/** How many characters of an error, and of a payload, the list shows. */
const ERROR_LENGTH = 200;
const PREVIEW_LENGTH = 120;

type Queue = PageDeps["queue"];

/** @throws {HttpError} 400 for an invalid query; {QueueError} */
async function listView({ queue, system, now }: PageDeps, query: ListQuery): Promise<ListView> {
  const [{ counts, stalled, parked }, { jobs, next }] = await Promise.all([
    queue.stats(),
    found(queue, query, now()),
  ]);
  const moment = momentOf({ queue, now: now() });
  return {
    page: "list",
    now: moment.now,
    query,
    jobs: jobs.map((job) => toRow(job, moment)),
    next,
    counts,
    stalled,
    parked: parked.reduce((sum, { count }) => sum + count, 0),
    kinds: queue.kinds,
    warnings: warningsOf({ queue, system }),
    batches: [],
  };
}

/** The current rows of the jobs with these `seq` numbers; without those that are gone. */
export async function rowsOf({ queue, now }: PageDeps, seqs: readonly number[]): Promise<Row[]> {
  const moment = momentOf({ queue, now: now() });
  const jobs = await queue.getMany(seqs.slice(0, MAX_PAGE_SIZE), { values: false });
  return jobs.map((job) => toRow(job, moment));
}

function found(queue: Pick<Queue, "list">, query: ListQuery, now: number): Promise<JobList> {
  const limit = /^\d+$/.test(query.limit) ? Number(query.limit) : PAGE_SIZE;
  return queue.list({
    ...jobFilter(query, now),
    stalled: query.stalled,
    order: isInRunOrder(query) ? "line" : "newest",
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
