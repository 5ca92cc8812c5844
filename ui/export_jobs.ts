import type { Inspector, JobFilter } from "@persistent-queue/queue";
import { csvHead, csvRow } from "./csv.ts";

/** Rows of one answer. */
const MAX_ROWS = 10_000;

/** A stream of CSV, newest job first: one page of the list at a time, when the client has taken the one before. */
export function exportJobs(queue: Inspector, filter: JobFilter): ReadableStream<Uint8Array> {
  return ReadableStream.from(csvPages(queue, filter)).pipeThrough(new TextEncoderStream());
}

async function* csvPages(queue: Inspector, filter: JobFilter): AsyncGenerator<string> {
  yield csvHead();
  let left = MAX_ROWS;
  let cursor: string | null = null;
  do {
    const limit = Math.min(left, 200);
    const page: Awaited<ReturnType<Inspector["list"]>> = await queue.list({
      ...filter,
      limit,
      ...(cursor === null ? {} : { cursor }),
    });
    if (page.jobs.length > 0) yield page.jobs.map(csvRow).join("");
    left -= page.jobs.length;
    cursor = page.next;
  } while (cursor !== null && left > 0);
}
