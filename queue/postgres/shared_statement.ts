/**
 * Group commit: calls that arrive while enough statements of their kind are under way wait, and go together as the next
 * one. So the dearer a commit is, the more calls share it.
 */
import { setImmediate } from "node:timers";
import { RejectedWrite, StorageError } from "../errors.ts";

interface Call<Item, Result> {
  readonly items: readonly Item[];
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: unknown) => void;
}

export interface SharedStatementOptions<Item, Result> {
  /** Returns a result for each item, in their order. */
  readonly run: (items: readonly Item[]) => Promise<Result[]>;
  /** How much an item counts, and how much goes into one statement; the items of one call always do. */
  readonly weigh: (item: Item) => number;
  readonly most: number;
  /** How many statements may be under way at once; 1 unless given. */
  readonly atOnce?: number;
}

export class SharedStatement<Item, Result> {
  readonly #options: SharedStatementOptions<Item, Result>;
  #waiting: Call<Item, Result>[] = [];
  #underWay = 0;
  #isPlanned = false;

  constructor(options: SharedStatementOptions<Item, Result>) {
    this.#options = options;
  }

  call(items: readonly Item[]): Promise<Result[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ items, resolve, reject });
      this.#plan();
    });
  }

  /** Once all calls of this turn are there. */
  #plan(): void {
    if (this.#isPlanned || this.#underWay >= (this.#options.atOnce ?? 1)) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      const together = this.#next();
      if (together.length > 0) this.#run(together);
    });
  }

  #next(): Call<Item, Result>[] {
    const { weigh, most } = this.#options;
    let left = most;
    const end = this.#waiting.findIndex(({ items }, i) => {
      left -= items.reduce((sum, item) => sum + weigh(item), 0);
      return left < 0 && i > 0;
    });
    return this.#waiting.splice(0, end === -1 ? Infinity : end);
  }

  async #run(calls: readonly Call<Item, Result>[]): Promise<void> {
    this.#underWay += 1;
    if (this.#waiting.length > 0) this.#plan();
    await this.#share(calls);
    this.#underWay -= 1;
    if (this.#waiting.length > 0) this.#plan();
  }

  async #share(calls: readonly Call<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.run(calls.flatMap(({ items }) => items));
      let at = 0;
      for (const { items, resolve } of calls) resolve(results.slice(at, at += items.length));
    } catch (error) {
      if (isOfOne(error) && calls.length > 1) {
        // The next statement does not wait for them: they may wait for a lock.
        for (const one of calls) this.#share([one]);
      } else for (const { reject } of calls) reject(error);
    }
  }
}

/** One of the calls broke a rule, or wants a job that is locked: the others must not suffer for it. */
function isOfOne(error: unknown): boolean {
  return error instanceof RejectedWrite || error instanceof StorageError && error.ofSomeJobs;
}
