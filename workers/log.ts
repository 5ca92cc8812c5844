/**
 * Logs: one rotating file per thread. A line reaches the file within 250 ms, at the latest when the log is disposed of;
 * a process that dies may lose the last quarter of a second. A failing disk costs lines, never the process.
 */
import { LOG_LEVELS, LogFile, type LogFileOptions, type LogLevel } from "./log_file.ts";

export interface LogOptions extends LogFileOptions {
  /** Lines below this level are not written. */
  readonly level: LogLevel;
}

export interface Log extends Disposable {
  /** The text is written as it is: it is not a template, and cannot break out of its line. */
  debug(text: string): void;
  info(text: string): void;
  warn(text: string): void;
  error(text: string): void;
  /** Actions of people and scripts, written at every level. */
  audit(text: string): void;
  /** Why no line reaches the file at the moment; null if they do. */
  readonly warning: string | null;
  /** Writes everything that is left. Later lines are dropped. */
  close(): void;
}

/** Never fails: an unwritable folder is reported on stderr and tried again. */
export function openLog(options: LogOptions): Log {
  const file = new LogFile(options);
  const lowest = LOG_LEVELS.indexOf(options.level);
  const from = (level: LogLevel) =>
    LOG_LEVELS.indexOf(level) < lowest ? drop : (text: string) => file.write(level, text);
  return {
    debug: from("debug"),
    info: from("info"),
    warn: from("warn"),
    error: from("error"),
    audit: (text) => file.write("info", `Audit: ${text}`),
    get warning() {
      return file.warning;
    },
    close: () => file.close(),
    [Symbol.dispose]: () => file.close(),
  };
}

function drop(): void {}

const OWN_LOG = /^(?:jobqueue|producer|consumer_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.log(?:\.\d+)?$/;

/** Whether a file is a log of this system: other programs may have theirs in the same folder. */
export function isOwnLog(name: string): boolean {
  return OWN_LOG.test(name);
}

// Old logs ----------------------------------------------------------------------------------------------------

interface ConsumerLog {
  readonly name: string;
  readonly modifiedAt: number;
}

interface KeptLogs {
  /** How many consumer threads keep their logs. */
  readonly keep?: number;
  /** Names of running threads (`consumer_<uuid>`), whose logs are kept whatever their age. */
  readonly except?: readonly string[];
}

/** Each consumer thread has its own log: removes the logs of all but the newest threads, with their rotated files. */
export async function removeOldConsumerLogs(
  dir: string,
  { keep = 50, except = [] }: KeptLogs = {},
): Promise<void> {
  const lives = Map.groupBy(await consumerLogsIn(dir), ({ name }) => name.slice(0, name.indexOf(".log")));
  const oldestFirst = [...lives].map(([life, files]) => ({
    life,
    files,
    modifiedAt: Math.max(...files.map((file) => file.modifiedAt)),
  })).sort((left, right) => left.modifiedAt - right.modifiedAt);
  for (const { life, files } of oldestFirst.slice(0, Math.max(0, oldestFirst.length - keep))) {
    if (except.includes(life)) continue;
    for (const { name } of files) await unlessGone(Deno.remove(`${dir}/${name}`));
  }
}

async function consumerLogsIn(dir: string): Promise<ConsumerLog[]> {
  const found: ConsumerLog[] = [];
  for await (const { name, isFile } of Deno.readDir(dir)) {
    if (!isFile || !isOwnLog(name) || !name.startsWith("consumer_")) continue;
    const modified = (await unlessGone(Deno.lstat(`${dir}/${name}`)))?.mtime;
    if (modified) found.push({ name, modifiedAt: modified.getTime() });
  }
  return found;
}

/** Other processes remove logs too, and files may be rotated in the meantime. */
async function unlessGone<Answer>(work: Promise<Answer>): Promise<Answer | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
