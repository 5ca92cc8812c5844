/** How a record becomes a line: `2026-11-24T15:00:00.000Z [INFO] Enqueued job_id: data/files/abc.txt`. */
import type { LogLevel as LibraryLevel, LogRecord } from "@logtape/logtape";
import { printable } from "@persistent-queue/queue/words";

const LABELS: Readonly<Record<LibraryLevel, string>> = {
  trace: "TRACE",
  debug: "DEBUG",
  info: "INFO",
  warning: "WARN",
  error: "ERROR",
  fatal: "FATAL",
};

const MAX_LENGTH = 4000;

/**
 * The text is untrusted: it stays on its line whatever is in it, and braces in it mean nothing. (`rawMessage` is what
 * was logged, before the library's templates.)
 */
export function formatLine({ timestamp, level, rawMessage }: LogRecord): string {
  return `${isoTime(timestamp)} [${LABELS[level]}] ${oneLine(String(rawMessage))}\n`;
}

function oneLine(text: string): string {
  if (text.length <= MAX_LENGTH) return printable(text, { maxLength: MAX_LENGTH });
  return `${printable(text, { maxLength: MAX_LENGTH })} (cut, ${text.length} characters)`;
}

let lastTime = NaN;
let lastIso = "";

/** Thousands of lines share a millisecond. */
function isoTime(time: number): string {
  if (time !== lastTime) [lastTime, lastIso] = [time, new Date(time).toISOString()];
  return lastIso;
}
