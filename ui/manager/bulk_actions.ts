/**
 * Moves of everything that matches: how many jobs these are, without counting forever, and the move itself, which may take
 * longer than a person waits for a response.
 */
import {
  isLegal,
  type JobFilter,
  messageOf,
  type OperatorVerb,
  pagesOf,
  type Status,
  STATUSES,
} from "@persistent-queue/queue";
import { type Actor, audited } from "../auth/audit.ts";
import { FILTER_FIELDS, jobFilter } from "../api/input.ts";
import type { PageDeps } from "../page_deps.ts";
import { count } from "../components/format.ts";
import { describeQuery, type ListQuery } from "./list_query.ts";
import type { BatchView } from "./views.ts";

/** How long the outcome stays on the page. */
const SHOWN_MS = 30_000;
/** How long the response waits for the move to finish. */
const PATIENCE_MS = 1_500;

interface BatchRequest {
  readonly verb: OperatorVerb;
  readonly query: ListQuery;
  readonly actor: Actor;
}

interface Batch {
  readonly number: number;
  /** Equal for two batches that would do the same. */
  readonly key: string;
  readonly request: BatchRequest;
  readonly filter: JobFilter;
  readonly stop: AbortController;
  moved: number;
  total: Matching | null;
  /** Set when it has ended; `error` is null unless it failed. */
  end: { readonly at: number; readonly error: string | null } | null;
}

export class BulkActions {
  readonly #deps: PageDeps;
  readonly #batches = new Map<number, Batch>();
  #last = 0;

  constructor(deps: PageDeps) {
    this.#deps = deps;
  }

  /**
   * Returns how many were moved; `working`: still running, which the page then shows; `twice`: already running.
   * @throws {HttpError} 400, for a filter that is refused
   */
  async start(request: BatchRequest): Promise<number | "working" | "twice"> {
    const { verb, query } = request;
    // A filter that is refused is refused before there is a batch, which would never end.
    const filter = jobFilter(query, this.#deps.now());
    const key = JSON.stringify([verb, ...FILTER_FIELDS.map((name) => query[name])]);
    if (this.#running().some((batch) => batch.key === key)) return "twice";
    const number = ++this.#last;
    const batch: Batch = {
      ...{ number, key, request, filter, stop: new AbortController(), moved: 0, total: null, end: null },
    };
    this.#batches.set(number, batch);
    const work = this.#run(batch);
    const timeout = Promise.withResolvers<"working">();
    const timer = setTimeout(() => timeout.resolve("working"), PATIENCE_MS);
    try {
      const result = await Promise.race([work, timeout.promise]);
      if (result !== "working") this.#batches.delete(number);
      return result;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Ends it after the current jobs. False: it has already ended. */
  stop(number: number): boolean {
    const batch = this.#running().find((one) => one.number === number);
    batch?.stop.abort();
    return batch !== undefined;
  }

  /** The running batches, and those that ended a moment ago. */
  view(): BatchView[] {
    const horizon = this.#deps.now() - SHOWN_MS;
    for (const { number, end } of this.#batches.values()) {
      if (end !== null && end.at < horizon) this.#batches.delete(number);
    }
    return [...this.#batches.values()].map(toView);
  }

  #running(): Batch[] {
    return [...this.#batches.values()].filter(({ end }) => end === null);
  }

  async #run(batch: Batch): Promise<number> {
    const { queue, now } = this.#deps;
    const { filter, request: { verb, actor } } = batch;
    try {
      batch.total = await countMatching(queue, verb, filter);
      batch.moved = await audited(queue, actor).moveAll(verb, filter, {
        onProgress: (moved) => batch.moved = moved,
        signal: batch.stop.signal,
      });
      batch.end = { at: now(), error: null };
      return batch.moved;
    } catch (error) {
      batch.end = { at: now(), error: messageOf(error) };
      throw error;
    }
  }
}

const DOING = { resubmit: "Resubmitting", cancel: "Canceling" } as const;
const DONE = { resubmit: "Resubmitted", cancel: "Canceled" } as const;

function toView({ number, request: { verb, query }, stop, moved, total, end }: Batch): BatchView {
  const what = `all ${describeQuery(query)}`;
  const done = moved.toLocaleString("en");
  if (end?.error) {
    return {
      number,
      state: "failed",
      sentence: `${DOING[verb]} ${what} ended early, after ${done}: ${end.error}`,
    };
  }
  if (end !== null) {
    const jobs = `${DONE[verb]} ${done} ${moved === 1 ? "job" : "jobs"}`;
    return {
      number,
      state: "done",
      sentence: stop.signal.aborted ? `Stopped: ${jobs.toLowerCase()}.` : `${jobs}.`,
    };
  }
  const state = stop.signal.aborted ? "stopping" : "running";
  return { number, state, sentence: `${DOING[verb]} ${what}: ${progressInWords(moved, total)}` };
}

/** `20 of 3,000`, `20 of more than 10,000`; `24,600 so far`, beyond what was counted. */
export function progressInWords(moved: number, total: Matching | null): string {
  const done = moved.toLocaleString("en");
  if (total === null) return done;
  if (moved > total.n) return `${done} so far`;
  return `${done} of ${total.isAll ? "" : "more than "}${total.n.toLocaleString("en")}`;
}

const ENOUGH = 10_000;
const COUNTING_MS = 2_000;

interface Matching {
  readonly n: number;
  /** False: there may be more. */
  readonly isAll: boolean;
}

/** The statuses whose jobs the action moves. */
export function movable(verb: OperatorVerb, { status, statuses }: JobFilter): Status[] {
  const wanted = status === undefined ? statuses : [status];
  return STATUSES.filter((one) => isLegal(verb, one) && (wanted?.includes(one) ?? true));
}

/** If only the status matters, the queue knows the number; otherwise the jobs have to be counted. */
export async function countMatching(
  queue: PageDeps["queue"],
  verb: OperatorVerb,
  filter: JobFilter,
): Promise<Matching> {
  const statuses = movable(verb, filter);
  const { status: _status, statuses: _statuses, ...narrower } = filter;
  if (Object.keys(narrower).length === 0) {
    const { counts } = await queue.stats();
    return { n: statuses.reduce((sum, status) => sum + counts[status], 0), isAll: true };
  }
  const deadline = performance.now() + COUNTING_MS;
  let n = 0;
  for (const status of statuses) {
    for await (const { jobs, next } of pagesOf(queue, { ...filter, status })) {
      n += jobs.length;
      if (n > ENOUGH) return { n: ENOUGH, isAll: false };
      if (next !== null && performance.now() > deadline) return { n, isAll: false };
    }
  }
  return { n, isAll: true };
}

/** `1 job`, `3,000 jobs`, `more than 10,000 jobs`. */
export function matchingInWords({ n, isAll }: Matching): string {
  if (isAll) return `${count(n)} ${n === 1 ? "job" : "jobs"}`;
  if (n === 0) return "all jobs that match";
  return `${n === ENOUGH ? "more than" : "at least"} ${count(n)} ${n === 1 ? "job" : "jobs"}`;
}
