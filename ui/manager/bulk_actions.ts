/** Moves of everything that matches, which may take longer than a person waits for a response. */
import { messageOf, type OperatorVerb } from "@persistent-queue/queue";
import { type Actor, audited } from "../auth/audit.ts";
import { jobFilter } from "../api/move_input.ts";
import type { PageDeps } from "../page_deps.ts";
import { countMatching, type Matching } from "./count_matching.ts";
import { describeQuery, type ListQuery } from "./list_query.ts";
import type { BatchView } from "./views.ts";

/** For how long the outcome stays on the page. */
const SHOWN_MS = 30_000;
/** How long the response waits for the end. */
const PATIENCE_MS = 1_500;

export interface BatchRequest {
  readonly verb: OperatorVerb;
  readonly query: ListQuery;
  readonly actor: Actor;
}

interface Batch {
  readonly number: number;
  /** Equal for two that would do the same. */
  readonly key: string;
  readonly request: BatchRequest;
  readonly stop: AbortController;
  moved: number;
  total: Matching | null;
  /** Set at its end; `error` is null unless it failed. */
  end: { readonly at: number; readonly error: string | null } | null;
}

export class BulkActions {
  readonly #ports: PageDeps;
  readonly #batches = new Map<number, Batch>();
  #last = 0;

  constructor(ports: PageDeps) {
    this.#ports = ports;
  }

  /** Returns how many were moved, or why that is not known yet: it is still at work, which the page then shows. */
  async start(request: BatchRequest): Promise<number | "working" | "twice"> {
    const { verb, query } = request;
    const key = JSON.stringify([verb, query.status, query.kind, query.q]);
    if (this.#running().some((batch) => batch.key === key)) return "twice";
    const number = ++this.#last;
    const batch: Batch = {
      ...{ number, key, request, stop: new AbortController(), moved: 0, total: null, end: null },
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

  /** Ends it after the jobs that it has in hand. False: it has ended already. */
  stop(number: number): boolean {
    const batch = this.#running().find((one) => one.number === number);
    batch?.stop.abort();
    return batch !== undefined;
  }

  /** Those at work, and those that ended a moment ago. */
  view(): BatchView[] {
    const horizon = this.#ports.now() - SHOWN_MS;
    for (const { number, end } of this.#batches.values()) {
      if (end !== null && end.at < horizon) this.#batches.delete(number);
    }
    return [...this.#batches.values()].map(toView);
  }

  #running(): Batch[] {
    return [...this.#batches.values()].filter(({ end }) => end === null);
  }

  async #run(batch: Batch): Promise<number> {
    const { queue, now } = this.#ports;
    const { verb, query, actor } = batch.request;
    const filter = jobFilter(query, now());
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
  const of = total === null ? "" : ` of ${totalInWords(total, moved)}`;
  const state = stop.signal.aborted ? "stopping" : "running";
  return { number, state, sentence: `${DOING[verb]} ${what}: ${done}${of}` };
}

/** `3,000`, `more than 10,000`. */
function totalInWords({ n, isAll }: Matching, moved: number): string {
  const known = Math.max(n, moved).toLocaleString("en");
  return isAll ? known : `more than ${known}`;
}
