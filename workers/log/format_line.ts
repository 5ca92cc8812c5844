/** The form of a line: `2026-11-24T15:00:00.000Z [INFO] Enqueued job_id: data/files/abc.txt`. */
import { printable } from "@persistent-queue/queue/basics";
import type { LogLevel } from "./log_level.ts";

export interface LogLine {
  readonly level: LogLevel;
  /** Untrusted: it stays on its line whatever it contains. */
  readonly text: string;
}

const MAX_LENGTH = 4000;

export function formatLine({ level, text }: LogLine): string {
  return `${isoTime(Date.now())} [${level.toUpperCase()}] ${oneLine(text)}\n`;
}

function oneLine(text: string): string {
  if (text.length <= MAX_LENGTH) return printable(text, { maxLength: MAX_LENGTH });
  return `${printable(text, { maxLength: MAX_LENGTH })} (cut, ${text.length} characters)`;
}

let lastTime = NaN;
let lastIso = "";

/** Cached, because thousands of lines share a millisecond. */
function isoTime(time: number): string {
  if (time !== lastTime) [lastTime, lastIso] = [time, new Date(time).toISOString()];
  return lastIso;
}
