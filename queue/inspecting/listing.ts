/**
 * Pages of jobs, from a store that reads a bounded number of rows per call. A page that is not full after the first call
 * becomes a search: it runs in slices, one slice at a time among all searches, and other work runs in between.
 */
import { pausesOver, yieldToEventLoop } from "../basics/time.ts";
import { QueueError } from "../errors.ts";
import type { Job } from "../job.ts";
import type { JobList } from "../roles.ts";
import { Semaphore } from "../basics/semaphore.ts";
import type { JobPage, JobQuery, Store } from "../store.ts";

/** A search that finds little ends its page after this time, with a cursor to continue from. */
const BUDGET_MS = 1_000;
/** A shorter limit once a job with exactly this id was found: other matches can wait for the next page. */
const BUDGET_WHEN_FOUND_MS = 50;

/** Roughly how long a slice blocks the thread. */
const SLICE_MS = 6;
/** In rows. An id of 2,000 characters may take a hundred times as long as a short one. */
const FIRST_SLICE = 128;
const LARGEST_SLICE = 10_000;

const MAX_SEARCHES = 4;
const MAX_WAITING = 50;

/** Limit for all values of a page, in characters. */
const MAX_VALUES = 1024 * 1024;

/** The cursor after a page that only the job found by its id fills: the next page begins with the newest job. */
const AFTER_FOUND = "after-found";

/** A page that is not full yet. */
interface Unfinished {
  readonly query: JobQuery;
  readonly jobs: Job[];
  /** The job found by its id: it is already on the first page. */
  readonly found: Job | undefined;
  next: string;
}

export class Listing {
  readonly #store: Store;
  readonly #searches = new Semaphore(MAX_SEARCHES, { maxWaiting: MAX_WAITING });
  /** Settles after the running slice, and after the pause that follows it, if any. */
  #slice: Promise<unknown> = Promise.resolve();
  /** How long slices have blocked the thread since the last pause. */
  #blockedMs = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @throws {QueueError} `busy` if too many searches run at once */
  async list(query: JobQuery): Promise<JobList> {
    if (query.line !== undefined) return await this.#store.list(query);
    const found = await foundById(this.#store, query);
    const jobs = query.cursor === undefined ? [...found] : [];
    if (jobs.length >= query.limit) return { jobs, next: AFTER_FOUND };
    const { cursor, ...fromTop } = query;
    const first = cursor === AFTER_FOUND ? fromTop : query;
    const page = await this.#store.list({ ...first, limit: query.limit - jobs.length, rows: FIRST_SLICE });
    jobs.push(...page.jobs.filter(({ id }) => id !== found[0]?.id));
    if (page.next === null || jobs.length >= query.limit) return { jobs, next: page.next };
    return await this.#search({ query, jobs, found: found[0], next: page.next });
  }

  async #search(page: Unfinished): Promise<JobList> {
    if (!await this.#searches.take()) {
      throw new QueueError("busy", "Too many searches are running: try again in a few seconds.");
    }
    try {
      return { jobs: page.jobs, next: await this.#complete(page) };
    } finally {
      this.#searches.release();
    }
  }

  /** Adds jobs until the page is full or its time is up. Returns where the next page begins. */
  async #complete({ query, jobs, found, next }: Unfinished): Promise<string | null> {
    const deadline = performance.now() + (found === undefined ? BUDGET_MS : BUDGET_WHEN_FOUND_MS);
    let rows = FIRST_SLICE;
    while (jobs.length < query.limit && performance.now() < deadline) {
      const values = query.values !== false && charactersOf(jobs) < MAX_VALUES;
      const slice = { ...query, cursor: next, limit: query.limit - jobs.length, rows, values };
      const { page, ms } = await this.#inTurn(() => this.#store.list(slice));
      jobs.push(...page.jobs.filter(({ id }) => id !== found?.id));
      if (page.next === null) return null;
      next = page.next;
      if (ms < SLICE_MS) rows = Math.min(2 * rows, LARGEST_SLICE);
      else if (ms > 2 * SLICE_MS) rows = Math.max(rows >> 1, FIRST_SLICE);
    }
    return next;
  }

  /** Resolves when the last slice and every pause are over, so that a closed queue leaves none behind. */
  async whenIdle(): Promise<void> {
    await this.#slice;
    await pausesOver();
  }

  #inTurn(list: () => Promise<JobPage>): Promise<{ page: JobPage; ms: number }> {
    const sliced = this.#slice.then(async () => {
      const since = performance.now();
      const page = await list();
      const ms = performance.now() - since;
      this.#blockedMs += ms;
      return { page, ms };
    });
    const pause = () => this.#pause();
    this.#slice = sliced.then(pause, pause);
    return sliced;
  }

  /** A pause takes six milliseconds, several times that during a drain: one after each short slice would be too many. */
  async #pause(): Promise<void> {
    if (this.#blockedMs < SLICE_MS) return;
    this.#blockedMs = 0;
    await yieldToEventLoop();
  }
}

function charactersOf(jobs: readonly Job[]): number {
  return jobs.reduce((sum, { payload, result }) => sum + payload.length + (result?.length ?? 0), 0);
}

/** The job whose id is exactly the search text, found by index: it may be old, and far down the list. */
async function foundById(
  store: Store,
  query: JobQuery,
): Promise<Job[]> {
  const { search, values } = query;
  if (search === undefined) return [];
  const job = (await store.get(search, { values: false }))?.job;
  if (job === undefined || !isWanted(job, query, store.now())) return [];
  return values === false ? [job] : await store.getMany([job.seq]);
}

function isWanted(
  job: Job,
  { kind, statuses, silentForMs, changedSince, due }: JobQuery,
  now: number,
): boolean {
  if (kind !== undefined && kind !== job.kind) return false;
  if (statuses !== undefined && !statuses.includes(job.status)) return false;
  if (changedSince !== undefined && job.updatedAt < changedSince) return false;
  if (due !== undefined && (due === "later") !== job.runAt > now) return false;
  if (silentForMs === undefined) return true;
  return job.status === "PROCESSING" && (job.lastHeartbeat ?? -1) < now - silentForMs;
}
