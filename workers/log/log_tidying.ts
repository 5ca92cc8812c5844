/**
 * Removes the oldest logs after each end of a consumer's life: one pass after the other, and a stop waits for
 * the last.
 */
import { removeOldConsumerLogs } from "./remove_old_consumer_logs.ts";

export interface LogTidyingOptions {
  readonly dir: string;
  /** Names of the lives still running (`consumer_<uuid>`). */
  readonly living: () => readonly string[];
  readonly onError: (error: unknown) => void;
}

export class LogTidying {
  readonly #options: LogTidyingOptions;
  #done: Promise<void> = Promise.resolve();

  constructor(options: LogTidyingOptions) {
    this.#options = options;
  }

  begin(): void {
    const { dir, living, onError } = this.#options;
    this.#done = this.#done.then(() => removeOldConsumerLogs(dir, { except: living() })).catch(onError);
  }

  /** Resolves when all removals that have begun are done. */
  get done(): Promise<void> {
    return this.#done;
  }
}
