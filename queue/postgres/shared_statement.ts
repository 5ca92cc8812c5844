/**
 * Group commit: calls that arrive while enough statements of their kind are in flight wait, and share the next one. The more
 * expensive a commit is, the more calls share it.
 */
import { setImmediate } from "node:timers";
import { StorageError } from "../errors.ts";

interface Call<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface SharedStatementOptions<Item, Result> {
  /**
   * Returns a result for each item, in their order. `isRepeat`: the items of one call, after a statement failed that they
   * shared with others.
   */
  readonly run: (items: readonly Item[], how: { readonly isRepeat: boolean }) => Promise<Result[]>;
  /** How much an item counts against the limit of one statement. The items of one call are never split up. */
  readonly weigh: (item: Item) => number;
  readonly maxWeight: number;
  /** How many statements may be in flight at once; 1 unless given. */
  readonly concurrency?: number;
  /**
   * If a statement fails because of one of its calls, each is made alone: all at once, unless this is true. Each may wait for a
   * lock, and in a transaction it keeps a connection meanwhile.
   */
  readonly repeatsOneByOne?: boolean;
}

export class SharedStatement<Item, Result> {
  readonly #options: SharedStatementOptions<Item, Result>;
  #waiting: Call<Item, Result>[] = [];
  #inFlight = 0;
  #isScheduled = false;
  /** The end of the calls that are made one by one. */
  #repeated: Promise<void> = Promise.resolve();

  constructor(options: SharedStatementOptions<Item, Result>) {
    this.#options = options;
  }

  call(items: readonly Item[]): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      this.#schedule();
    });
  }

  /** The next statement starts once all calls of this turn of the event loop have arrived. */
  #schedule(): void {
    if (this.#isScheduled || this.#inFlight >= (this.#options.concurrency ?? 1)) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      const batch = this.#nextBatch();
      if (batch.length > 0) this.#run(batch);
    });
  }

  #nextBatch(): Call<Item, Result>[] {
    const { weigh, maxWeight } = this.#options;
    let left = maxWeight;
    const end = this.#waiting.findIndex(({ items }, i) => {
      left -= items.reduce((sum, item) => sum + weigh(item), 0);
      return left < 0 && i > 0;
    });
    return this.#waiting.splice(0, end === -1 ? Infinity : end);
  }

  async #run(calls: readonly Call<Item, Result>[]): Promise<void> {
    this.#inFlight += 1;
    if (this.#waiting.length > 0) this.#schedule();
    await this.#runTogether(calls);
    this.#inFlight -= 1;
    if (this.#waiting.length > 0) this.#schedule();
  }

  async #runTogether(calls: readonly Call<Item, Result>[], isRepeat = false): Promise<void> {
    try {
      const results = await this.#options.run(calls.flatMap(({ items }) => items), { isRepeat });
      let at = 0;
      for (const { items, resolve } of calls) resolve(results.slice(at, at += items.length));
    } catch (error) {
      if (isOfOneCall(error) && calls.length > 1) {
        // Not awaited: they may wait for a lock, and the next statement must not.
        for (const one of calls) this.#repeat(one);
      } else for (const { reject } of calls) reject(error);
    }
  }

  #repeat(call: Call<Item, Result>): void {
    const alone = () => this.#runTogether([call], true);
    if (this.#options.repeatsOneByOne === true) this.#repeated = this.#repeated.then(alone);
    else alone();
  }
}

/**
 * One of the calls broke a rule, wants a job that is locked, or made a text that is too long for this program: the others
 * must not fail with it.
 */
function isOfOneCall(error: unknown): boolean {
  if (!(error instanceof StorageError)) return true;
  return error.ofSomeJobs || error.cause instanceof RangeError;
}
