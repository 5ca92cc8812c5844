/** Pages of jobs, from a store that looks at a bounded number of rows a call: other work runs between the calls. */
import { breathe } from "./breathe.ts";
import type { Job } from "./job.ts";
import { DEFAULT_LIMIT } from "./door.ts";
import type { JobList, ListRequest } from "./roles.ts";
import type { JobQuery, Store } from "./store.ts";

/** A search that finds little ends a page after this, with a cursor to go on from. */
const BUDGET_MS = 1_000;
/** Whoever searched for a whole id has found it: the rest may come later. */
const BUDGET_WHEN_FOUND_MS = 50;

/** The cursor of a page that begins with the newest job. */
const FROM_THE_TOP = "999999999999999";

export async function listJobs(store: Store, query: JobQuery): Promise<JobList> {
  if (query.line !== undefined) {
    const { jobs, next } = await store.list(query);
    return { jobs, next: next === null ? null : String(next) };
  }
  const found = await foundById(store, query);
  const jobs = query.before === undefined ? found : [];
  const deadline = performance.now() + (found.length > 0 ? BUDGET_WHEN_FOUND_MS : BUDGET_MS);
  let next = query.before ?? null;
  if (jobs.length >= query.limit) return { jobs, next: FROM_THE_TOP };
  do {
    const from = next === null ? {} : { before: next };
    const page = await store.list({ ...query, ...from, limit: query.limit - jobs.length });
    // The one that was found by its id stands on the first page already.
    jobs.push(...page.jobs.filter(({ id }) => id !== found[0]?.id));
    next = page.next;
    if (next === null || performance.now() > deadline) break;
    await breathe();
  } while (jobs.length < query.limit);
  return { jobs, next: next === null ? null : String(next) };
}

/** The job whose id is what was searched for, at no cost; it may be old, and far down the list. */
async function foundById(
  store: Store,
  { search, kind, status, silentSince, values }: JobQuery,
): Promise<Job[]> {
  if (search === undefined) return [];
  const job = (await store.get(search, { values: false }))?.job;
  if (job === undefined || (kind !== undefined && kind !== job.kind)) return [];
  if (status !== undefined && status !== job.status) return [];
  if (silentSince !== undefined && !(job.status === "PROCESSING" && job.lastHeartbeat < silentSince)) {
    return [];
  }
  return values === false ? [job] : (await store.list({ before: job.seq + 1, limit: 1 })).jobs;
}

/** Newest first, of pages by status that each go back as far as they go. */
export async function listSeveral(
  pagesByStatus: Promise<JobList>[],
  { limit = DEFAULT_LIMIT, search }: Pick<ListRequest, "limit" | "search">,
): Promise<JobList> {
  const pages = await Promise.all(pagesByStatus);
  // What one page has not come to yet may stand between the jobs of another.
  const floor = Math.max(0, ...pages.map(({ next }) => Number(next ?? 0)));
  const all = pages.flatMap(({ jobs }) => jobs).sort((a, b) => b.seq - a.seq)
    .filter(({ seq, id }) => seq >= floor || id === search);
  const jobs = all.slice(0, limit);
  const last = jobs.at(-1);
  if (all.length > limit && last !== undefined) return { jobs, next: String(last.seq) };
  return { jobs, next: floor === 0 ? null : String(floor) };
}
