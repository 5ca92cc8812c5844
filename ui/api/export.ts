import { type Inspector, type Job, type JobFilter, pagesOf, yieldToEventLoop } from "@persistent-queue/queue";
import { csvHead, csvRow } from "./csv.ts";

/** Without it a spreadsheet takes UTF-8 for the alphabet of its own country. */
const BYTE_ORDER_MARK = "\ufeff";

/** Characters that are passed on at once. */
const CHUNK = 64 * 1024;

/** A stream of CSV, newest job first: one page of the list at a time, when the client has taken the one before. */
export function exportJobs(queue: Inspector, filter: JobFilter): ReadableStream<Uint8Array> {
  return ReadableStream.from(csvPages(queue, filter)).pipeThrough(new TextEncoderStream());
}

async function* csvPages(queue: Inspector, filter: JobFilter): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + csvHead();
  for await (const { jobs } of pagesOf(queue, filter)) {
    yield* csvRows(queue, jobs);
    // A client that takes what comes at once would keep the thread until the last page.
    await yieldToEventLoop();
  }
}

/** Long values are read one job at a time, and passed on before there are many. */
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

/** The job with its values, but for those that are too long for any list; as it is where it has gone meanwhile. */
async function withValues(queue: Inspector, job: Job): Promise<Job> {
  const [found] = await queue.getMany([job.seq]);
  return found ?? job;
}
