/** Watches what threads do to the process that they share: its memory, open files, working folder and logs. */
import type { Settings } from "../config.ts";
import { LogTidying } from "../log/log_tidying.ts";
import { WorkingFolder } from "../process/working_folder.ts";
import { MemoryWatch, type WatchedConsumer } from "./memory_watch.ts";
import { type FileHolder, OpenFilesWatch } from "./open_files_watch.ts";

export interface ProcessWatchOptions {
  readonly consumers: readonly (WatchedConsumer & FileHolder & { readonly id: string | null })[];
  readonly settings: Pick<Settings, "heartbeatMs" | "consumerMemoryMb" | "logDir">;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** Reports to operators. */
  readonly tell: (level: "warn" | "error", text: string) => void;
  readonly onError: (error: unknown) => void;
}

export class ProcessWatch {
  readonly #memoryWatch: MemoryWatch;
  readonly #openFilesWatch: OpenFilesWatch;
  readonly #logTidying: LogTidying;
  readonly #workingFolder = new WorkingFolder();
  readonly #tell: ProcessWatchOptions["tell"];

  constructor({ consumers, settings, clock, tell, onError }: ProcessWatchOptions) {
    const { heartbeatMs, consumerMemoryMb: limitMb, logDir } = settings;
    const living = () => consumers.map(({ id }) => `consumer_${id}`);
    this.#memoryWatch = new MemoryWatch({ consumers, heartbeatMs, limitMb, clock });
    this.#openFilesWatch = new OpenFilesWatch({ consumers, folder: logDir, tell });
    this.#logTidying = new LogTidying({ dir: logDir, living, onError });
    this.#tell = tell;
  }

  start(): void {
    this.#memoryWatch.start();
    this.#openFilesWatch.start();
  }

  stop(): void {
    this.#memoryWatch.stop();
    this.#openFilesWatch.stop();
  }

  /** A consumer's life is over, and its log is one more. */
  tidyLogs(): void {
    this.#logTidying.begin();
  }

  /** Resolves when all logs that are to go are removed. */
  get isTidy(): Promise<void> {
    return this.#logTidying.done;
  }

  /** Puts back the working folder if a handler moved it. */
  restoreFolder(): void {
    const moved = this.#workingFolder.restore();
    if (moved !== null) this.#tell("warn", `A handler moved the working folder to ${moved}; it was put back`);
  }
}
