/** The calls of a store that are in progress: once it is closed, none begins, and those that have begun are completed. */
import { StorageError } from "../errors.ts";

export class Calls {
  readonly #underWay = new Set<Promise<unknown>>();
  #isClosed = false;

  /** @throws {StorageError} once the store is closed */
  async run<T>(work: () => Promise<T>): Promise<T> {
    this.assertOpen();
    const call = work();
    this.#underWay.add(call);
    try {
      return await call;
    } finally {
      this.#underWay.delete(call);
    }
  }

  assertOpen(): void {
    if (this.#isClosed) throw new StorageError("The queue is closed: nothing more can be read.");
  }

  /** Resolves when the calls in progress have ended, or after this time. */
  async close(withinMs: number): Promise<void> {
    this.#isClosed = true;
    const over = Promise.withResolvers<void>();
    const timer = setTimeout(over.resolve, withinMs);
    await Promise.race([Promise.allSettled(this.#underWay), over.promise]);
    clearTimeout(timer);
  }
}
