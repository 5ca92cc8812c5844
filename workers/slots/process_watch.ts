/** Watches what threads do to the process that they share: its memory, open files, working folder and logs. */
import type { Settings } from "../config.ts";
import { removeOldConsumerLogs } from "../log.ts";
import { WorkingFolder } from "../process/working_folder.ts";
import { MemoryWatch, type WatchedConsumer, type WatchedThread } from "./memory_watch.ts";
import { type FileHolder, OpenFilesWatch } from "./open_files_watch.ts";

export interface ProcessWatchOptions {
  readonly consumers: readonly (WatchedConsumer & FileHolder & { readonly id: string | null })[];
  readonly settings: Pick<Settings, "heartbeatMs" | "consumerMemoryMb" | "logDir">;
  /** Threads that try to load handlers. */
  readonly trials: () => readonly WatchedThread[];
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** Reports to operators. */
  readonly tell: (level: "warn" | "error", text: string) => void;
  readonly onError: (error: unknown) => void;
}

export class ProcessWatch {
  readonly #memoryWatch: MemoryWatch;
  readonly #openFilesWatch: OpenFilesWatch;
  readonly #workingFolder = new WorkingFolder();
  readonly #options: ProcessWatchOptions;
  #removing: Promise<void> = Promise.resolve();

  constructor(options: ProcessWatchOptions) {
    const { consumers, settings, trials, clock, tell } = options;
    const { heartbeatMs, consumerMemoryMb: limitMb, logDir } = settings;
    this.#memoryWatch = new MemoryWatch({ consumers, trials, heartbeatMs, limitMb, clock });
    this.#openFilesWatch = new OpenFilesWatch({ consumers, folder: logDir, tell });
    this.#options = options;
  }

  start(): void {
    this.#memoryWatch.start();
    this.#openFilesWatch.start();
  }

  stop(): void {
    this.#memoryWatch.stop();
    this.#openFilesWatch.stop();
  }

  /** Called when a consumer's thread is gone, which leaves one more log: removes the oldest. */
  removeOldLogs(): void {
    const { consumers, settings: { logDir }, onError } = this.#options;
    const removeOldest = () =>
      removeOldConsumerLogs(logDir, { except: consumers.map(({ id }) => `consumer_${id}`) });
    this.#removing = this.#removing.then(removeOldest).catch(onError);
  }

  /** Resolves when all old logs are removed. */
  get logsRemoved(): Promise<void> {
    return this.#removing;
  }

  /** Restores the working folder if a handler has changed it. */
  restoreFolder(): void {
    const moved = this.#workingFolder.restore();
    if (moved === null) return;
    this.#options.tell("warn", `A handler moved the working folder to ${moved}; it was put back`);
  }
}
