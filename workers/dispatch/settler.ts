/** Makes endings durable, and goes on trying while the storage fails: an ending that is known is not thrown away. */
import {
  type Claimed,
  type Consumer,
  type Outcome,
  StorageError,
  type Verdict,
} from "@persistent-queue/queue";
import { sleep } from "../sleep.ts";

export interface Attempted {
  readonly job: Claimed;
  readonly outcome: Outcome;
}

export interface SettlerOptions {
  readonly queue: Consumer;
  /** Fires when the system stops: from then on each ending is tried once. */
  readonly signal: AbortSignal;
  readonly onError: (error: unknown) => void;
  /** Called whenever nothing is under way. */
  readonly onQuiet: () => void;
}

const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 5_000;

export class Settler {
  readonly #options: SettlerOptions;
  #underWay = 0;

  constructor(options: SettlerOptions) {
    this.#options = options;
  }

  get isQuiet(): boolean {
    return this.#underWay === 0;
  }

  /** Never throws. No verdicts = not stored; the sweep will find these jobs. */
  async settle(attempts: readonly Attempted[]): Promise<Verdict[]> {
    if (attempts.length === 0) return [];
    this.#underWay += 1;
    try {
      return await this.#untilStored(attempts);
    } catch (error) {
      this.#options.onError(error);
      return [];
    } finally {
      this.#underWay -= 1;
      if (this.isQuiet) this.#options.onQuiet();
    }
  }

  async #untilStored(attempts: readonly Attempted[]): Promise<Verdict[]> {
    const { queue, signal } = this.#options;
    for (let waitMs = FIRST_RETRY_MS;; waitMs = Math.min(waitMs * 2, LAST_RETRY_MS)) {
      try {
        return await queue.settle(attempts);
      } catch (error) {
        if (!(error instanceof StorageError) || signal.aborted) throw error;
        await sleep(waitMs, signal);
      }
    }
  }
}
