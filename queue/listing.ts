/** Pages of jobs, from a store that looks at a bounded number of rows a call: other work runs between the calls. */
import { breathe } from "./breathe.ts";
import { checkList } from "./door.ts";
import type { Job } from "./job.ts";
import type { JobList, ListRequest } from "./roles.ts";
import type { Store } from "./store.ts";

/** A search that finds little ends a page after this, with a cursor to go on from. */
const BUDGET_MS = 1_000;

export async function listJobs(store: Store, request: ListRequest): Promise<JobList> {
  const query = checkList(request);
  const deadline = performance.now() + BUDGET_MS;
  const jobs: Job[] = [];
  let next = query.before ?? null;
  do {
    const from = next === null ? {} : { before: next };
    const page = await store.list({ ...query, ...from, limit: query.limit - jobs.length });
    jobs.push(...page.jobs);
    next = page.next;
    if (next === null || jobs.length >= query.limit) break;
    await breathe();
  } while (performance.now() < deadline);
  return { jobs, next: next === null ? null : String(next) };
}
