/** Turns what scripts return into rows, jobs and lines: numbers come as texts, and columns in a fixed order. */
import type { HistoryEntry, Job } from "../job.ts";
import { toHistoryEntry, toJob } from "../storing/rows.ts";
import type { Reply } from "./client.ts";
import { COLUMNS } from "./lua_tables.ts";

const TEXTS: ReadonlySet<string> = new Set(
  [
    "status",
    "id",
    "kind",
    "consumer_id",
    "canceled_from",
    "error",
    "payload",
    "result",
    "event",
    "detail",
    "report",
    "log",
  ],
);

/** No reader needs more of an error. */
const MAX_ERROR = 20_000;

export function items(reply: Reply | undefined): Reply[] {
  return Array.isArray(reply) ? reply : [];
}

export function numberOf(reply: Reply | undefined): number {
  return Number(reply ?? NaN);
}

/** A row by the names of its columns. */
export function toRow(names: readonly string[], values: readonly Reply[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name, i) => [name, columnOf(name, values[i] ?? null)]));
}

function columnOf(name: string, value: Reply): unknown {
  return value === null || TEXTS.has(name) ? value : Number(value);
}

const JOB = [...COLUMNS, "payload", "result", "payload_left_out", "result_left_out", "seq"];

export function jobOf(reply: Reply | undefined): Job {
  const row = toRow(JOB, items(reply));
  return toJob({ ...row, payload: row.payload ?? "null", error: shortened(row.error, MAX_ERROR) });
}

const LINE = [
  ...["at", "event", "lease", "retries", "consumer_id", "detail", "taken_at", "ran_ms", "report", "log"],
];

export function historyEntryOf(line: Reply, maxDetail = MAX_ERROR): HistoryEntry {
  const row = toRow(LINE, JSON.parse(String(line)));
  return toHistoryEntry({ ...row, detail: shortened(row.detail, maxDetail) });
}

/** The beginning of a text, in whole characters. */
function shortened(text: unknown, most: number): unknown {
  if (typeof text !== "string" || text.length <= most) return text;
  return text.slice(0, most).toWellFormed().replace(/\uFFFD$/, "");
}
