/** Jobs as comma-separated values (RFC 4180), safe to open in a spreadsheet. */
import { type Inspector, type Job, type JobFilter, pagesOf, yieldToEventLoop } from "@persistent-queue/queue";

/** The most characters that a spreadsheet cell holds. */
const MAX_IN_CELL = 32_767;

const COLUMNS = {
  id: (job) => job.id,
  kind: (job) => job.kind,
  status: (job) => job.status,
  retries: (job) => job.retries,
  crashes: (job) => job.crashes,
  priority: (job) => job.priority,
  run_at: (job) => iso(job.runAt),
  consumer_id: (job) => job.consumerId,
  last_heartbeat: (job) => iso(job.lastHeartbeat),
  started_at: (job) => iso(job.startedAt),
  finished_at: (job) => iso(job.finishedAt),
  created_at: (job) => iso(job.createdAt),
  updated_at: (job) => iso(job.updatedAt),
  error: (job) => job.error,
  canceled_from: (job) => job.canceledFrom,
  payload: ({ payload, leftOut }) => isCell(payload, leftOut?.includes("payload")) ? payload : null,
  result: ({ result, leftOut }) => isCell(result, leftOut?.includes("result")) ? result : null,
  left_out: leftOutOf,
} as const satisfies Record<string, (job: Job) => string | number | null>;

/** The names of the values that are too long for a cell. */
function leftOutOf({ payload, result, leftOut = [] }: Job): string | null {
  const names = [
    ...(isCell(payload, leftOut.includes("payload")) ? [] : ["payload"]),
    ...(isCell(result, leftOut.includes("result")) ? [] : ["result"]),
  ];
  return names.length === 0 ? null : names.join(" ");
}

function isCell(value: string | null, isLeftOut = false): boolean {
  return !isLeftOut && (value?.length ?? 0) <= MAX_IN_CELL;
}

export function csvHead(): string {
  return Object.keys(COLUMNS).join(",") + "\r\n";
}

export function csvRow(job: Job): string {
  return Object.values(COLUMNS).map((column) => cell(column(job))).join(",") + "\r\n";
}

/**
 * A spreadsheet evaluates text that begins like a formula, even after spaces or in full-width characters; an apostrophe
 * makes it text again. A semicolon is quoted because some spreadsheets use it as the separator.
 */
function cell(value: string | number | null): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  const safe = /^(?:\s*[=+\-@＝＋－＠]|[\t\r\n])/.test(value) ? `'${value}` : value;
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Empty for a time out of range, which an edit by hand can leave. */
function iso(ms: number | null): string | null {
  return ms === null || Math.abs(ms) > 8.64e15 ? null : new Date(ms).toISOString();
}

/** Without it a spreadsheet decodes UTF-8 in a legacy local encoding. */
const BYTE_ORDER_MARK = "\ufeff";

/** The size of a chunk, in characters. */
const CHUNK = 64 * 1024;

/**
 * Resolves with a stream of CSV, newest job first: one page of the list at a time, when the client has read the previous
 * one. Rejects if there is no first page, while the response can still say why.
 */
export async function exportJobs(queue: Inspector, filter: JobFilter): Promise<ReadableStream<Uint8Array>> {
  const texts = csvPages(queue, filter);
  const first = await texts.next();
  return ReadableStream.from(resumed(first, texts)).pipeThrough(new TextEncoderStream());
}

async function* resumed(
  first: IteratorResult<string, void>,
  rest: AsyncGenerator<string>,
): AsyncGenerator<string> {
  if (!first.done) yield first.value;
  yield* rest;
}

async function* csvPages(queue: Inspector, filter: JobFilter): AsyncGenerator<string> {
  let head = BYTE_ORDER_MARK + csvHead();
  for await (const { jobs } of pagesOf(queue, filter)) {
    if (head !== "") yield head;
    head = "";
    yield* csvRows(queue, jobs);
    // Otherwise a fast client would occupy the thread until the last page.
    await yieldToEventLoop();
  }
}

/** Long values are read one job at a time, and sent before there are many. */
async function* csvRows(queue: Inspector, jobs: readonly Job[]): AsyncGenerator<string> {
  let rows = "";
  for (const job of jobs) {
    rows += csvRow(job.leftOut === undefined ? job : await withValues(queue, job));
    if (rows.length < CHUNK) continue;
    yield rows;
    rows = "";
    await yieldToEventLoop();
  }
  if (rows !== "") yield rows;
}

/** The job with its values, except those too long for any list; unchanged if it has been removed meanwhile. */
async function withValues(queue: Inspector, job: Job): Promise<Job> {
  const [found] = await queue.getMany([job.seq]);
  return found ?? job;
}
