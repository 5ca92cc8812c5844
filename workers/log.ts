/**
 * Logs: one rotating file per thread.
 *
 * A line reaches the file within 250 ms, and at the latest when the log is disposed of; a process that dies may take the
 * last quarter of a second with it. A failing disk costs lines, never the process.
 */
import { LOG_LEVELS, type LogLevel } from "./config/settings.ts";
import { LogFile, type LogFileOptions } from "./log/log_file.ts";

export { removeOldConsumerLogs } from "./log/remove_old_consumer_logs.ts";

export interface LogOptions extends LogFileOptions {
  /** Lines below are not written. */
  readonly level: LogLevel;
}

export interface Log extends Disposable {
  /** The text is taken as it is: nothing in it is a template, and it cannot leave its line. */
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** What people and scripts do: written whatever the level is. */
  audit(text: string): void;
  /** Writes all that is left. What is logged afterwards is dropped. */
  close(): void;
}

/** Never fails: a folder that cannot be written to is noted on stderr and tried again. */
export function openLog(options: LogOptions): Log {
  const file = new LogFile(options);
  const lowest = LOG_LEVELS.indexOf(options.level);
  const from = (level: LogLevel) =>
    LOG_LEVELS.indexOf(level) < lowest ? drop : (text: string) => file.write({ level, text });
  return {
    debug: from("debug"),
    info: from("info"),
    warn: from("warn"),
    error: from("error"),
    audit: (text) => file.write({ level: "info", text: `Audit: ${text}` }),
    close: () => file.close(),
    [Symbol.dispose]: () => file.close(),
  };
}

function drop(): void {}
