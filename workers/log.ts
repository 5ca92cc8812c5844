/**
 * Logs: one rotating file per thread, written by LogTape.
 *
 * A line reaches the file within 250 ms, and at the latest on `dispose()`; a process that dies may take the last
 * quarter of a second with it. A failing disk costs lines, never the process.
 */
import { configureSync, getConsoleSink, getLogger, type LogRecord } from "@logtape/logtape";
import { LOG_LEVELS, type LogLevel } from "./config/settings.ts";
import { formatLine } from "./log/format_line.ts";
import { LogFile, type LogFileOptions } from "./log/log_file.ts";

export { removeOldConsumerLogs } from "./log/remove_old_consumer_logs.ts";

export interface LogOptions extends LogFileOptions {
  /** Lines below are not written. */
  readonly level: LogLevel;
  /** Whether the lines are shown on the terminal as well; not unless given. */
  readonly console?: boolean;
}

export interface Log extends AsyncDisposable {
  /** The text is taken as it is: nothing in it is a template, and it cannot leave its line. */
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** Resolves when every line is written. What is logged afterwards is dropped. */
  dispose(): Promise<void>;
}

const ROOT = "persistent-queue";

interface OpenLog {
  readonly file: LogFile;
  readonly console: boolean;
}

/** Every log that is open in this thread, by its own category below `ROOT`. */
const openLogs = new Map<string, OpenLog>();
let opened = 0;

/** Never fails: a folder that cannot be written to is noted on stderr and tried again. */
export function openLog(options: LogOptions): Promise<Log> {
  if (opened === 0) configureLibrary();
  const key = String(++opened);
  const file = new LogFile(options);
  openLogs.set(key, { file, console: options.console ?? false });
  const logger = getLogger([ROOT, key]);
  const lowest = LOG_LEVELS.indexOf(options.level);
  const from = (level: LogLevel) =>
    LOG_LEVELS.indexOf(level) >= lowest ? (text: string) => logger[level](text) : drop;
  const dispose = async () => {
    openLogs.delete(key);
    await file.dispose();
  };
  return Promise.resolve({
    debug: from("debug"),
    info: from("info"),
    warn: from("warn"),
    error: from("error"),
    dispose,
    [Symbol.asyncDispose]: dispose,
  });
}

function drop(): void {}

/** The library has one configuration per thread; it sends each record to the log that it was meant for. */
function configureLibrary(): void {
  const showOnConsole = getConsoleSink({ formatter: (record) => formatLine(record).trimEnd() });
  configureSync({
    sinks: {
      logs: (record: LogRecord) => {
        const log = openLogs.get(record.category[1] ?? "");
        log?.file.write(record);
        if (log?.console) showOnConsole(record);
      },
      trouble: ({ properties: { path, error } }: LogRecord) => {
        for (const { file } of openLogs.values()) if (file.path === path) file.fail(error);
      },
    },
    loggers: [
      { category: ROOT, sinks: ["logs"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: ["trouble"], lowestLevel: "warning" },
    ],
  });
}
