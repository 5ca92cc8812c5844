/** Moves of everything that matches, which may take longer than anybody wants to wait for an answer. */
import { type JobFilter, messageOf, type Operator, type OperatorVerb } from "@persistent-queue/queue";
import type { BatchView } from "./views.ts";

/** For how long the outcome stays on the page. */
const SHOWN_MS = 30_000;
/** For how long the answer to the person waits for the end. */
const PATIENCE_MS = 1_500;

interface Batch extends BatchView {
  readonly endedAt: number | null;
}

const DOING = { resubmit: "Resubmitting", cancel: "Canceling" } as const;
const DONE = { resubmit: "Resubmitted", cancel: "Canceled" } as const;

export class Batches {
  readonly #queue: Operator;
  readonly #now: () => number;
  readonly #batches = new Map<number, Batch>();
  #last = 0;

  constructor(queue: Operator, now: () => number) {
    this.#queue = queue;
    this.#now = now;
  }

  /** Answers how many were moved; null if it is still at work, which the page then shows. */
  async start(verb: OperatorVerb, filter: JobFilter, by: string): Promise<number | null> {
    const number = ++this.#last;
    this.#put({ number, state: "running", sentence: `${DOING[verb]} all that match…`, endedAt: null });
    const work = this.#queue.moveAll(verb, filter, { by });
    work.then(
      (moved) => this.#end(number, "done", `${DONE[verb]} ${moved.toLocaleString("en")} jobs.`),
      (error) =>
        this.#end(number, "failed", `${DOING[verb]} all that match ended early: ${messageOf(error)}`),
    );
    const timeout = Promise.withResolvers<null>();
    const timer = setTimeout(() => timeout.resolve(null), PATIENCE_MS);
    try {
      const moved = await Promise.race([work, timeout.promise]);
      if (moved !== null) this.#batches.delete(number);
      return moved;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Those at work, and those that ended a moment ago. */
  view(): BatchView[] {
    const horizon = this.#now() - SHOWN_MS;
    for (const { number, endedAt } of this.#batches.values()) {
      if (endedAt !== null && endedAt < horizon) this.#batches.delete(number);
    }
    return [...this.#batches.values()].map(({ number, sentence, state }) => ({ number, sentence, state }));
  }

  #end(number: number, state: BatchView["state"], sentence: string): void {
    if (this.#batches.has(number)) this.#put({ number, state, sentence, endedAt: this.#now() });
  }

  #put(batch: Batch): void {
    this.#batches.set(batch.number, batch);
  }
}
