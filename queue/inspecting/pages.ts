/** Lists of jobs, page by page. */
import type { Inspector, JobFilter, JobList } from "../roles.ts";

/** Jobs per page, unless the caller gives a number. */
export const PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 200;

/** Where a page begins: at the `next` of the previous page. */
interface From {
  readonly cursor?: string;
}

/** Every page in turn, until the last one or until the signal fires. */
export async function* pages<Page extends { readonly next: string | null }>(
  list: (from: From) => Promise<Page>,
  signal?: AbortSignal,
): AsyncGenerator<Page> {
  for (let from: From | null = {}; from !== null && !signal?.aborted;) {
    const page: Page = await list(from);
    yield page;
    from = page.next === null ? null : { cursor: page.next };
  }
}

/** All jobs that match, newest first, without their values. */
export function pagesOf(
  queue: Pick<Inspector, "list">,
  filter: JobFilter,
  signal?: AbortSignal,
): AsyncGenerator<JobList> {
  return pages((from) => queue.list({ ...filter, ...from, limit: MAX_PAGE_SIZE, values: false }), signal);
}
