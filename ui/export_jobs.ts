import { breathe, type Inspector, type JobFilter } from "@persistent-queue/queue";
import { csvHead, csvRow } from "./csv.ts";

/** Without it a spreadsheet takes UTF-8 for the alphabet of its own country. */
const BYTE_ORDER_MARK = "\ufeff";

/** Of one page of the list. */
const ROWS = 200;

/** A stream of CSV, newest job first: one page of the list at a time, when the client has taken the one before. */
export function exportJobs(queue: Inspector, filter: JobFilter): ReadableStream<Uint8Array> {
  return ReadableStream.from(csvPages(queue, filter)).pipeThrough(new TextEncoderStream());
}

async function* csvPages(queue: Inspector, filter: JobFilter): AsyncGenerator<string> {
  yield BYTE_ORDER_MARK + csvHead();
  for (let cursor: string | null = ""; cursor !== null;) {
    const page: Awaited<ReturnType<Inspector["list"]>> = await queue.list({
      ...filter,
      ...{ cursor, limit: ROWS, values: false },
    });
    if (page.jobs.length > 0) yield page.jobs.map(csvRow).join("");
    cursor = page.next;
    // A client that takes what comes at once would keep the thread until the last page.
    await breathe();
  }
}
