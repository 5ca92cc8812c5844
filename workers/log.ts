/**
 * Logs: one rotating file per thread.
 * A line reaches the file within 250 ms, at the latest when the log is disposed of; a process that dies may
 * lose the last quarter of a second. A failing disk costs lines, never the process.
 */
import { LOG_LEVELS, LogFile, type LogFileOptions, type LogLevel } from "./log/log_file.ts";

export { removeOldConsumerLogs } from "./log/remove_old_consumer_logs.ts";

export interface LogOptions extends LogFileOptions {
  /** Lines below are not written. */
  readonly level: LogLevel;
}

export interface Log extends Disposable {
  /** The text is written as it is: it is never a template, and cannot break out of its line. */
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** Actions of people and scripts: written at every level. */
  audit(text: string): void;
  /** Writes all that is left. Later lines are dropped. */
  close(): void;
}

/** Never fails: an unwritable folder is noted on stderr and tried again. */
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
