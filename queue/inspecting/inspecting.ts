/** What can be read: jobs, lists and statistics. */
import type { HistoryEntry, Job } from "../job.ts";
import { unknownJob } from "../operating/moving.ts";
import type { QueueParts } from "../options.ts";
import type { Inspector, JobList, ListRequest, QueueStats } from "../roles.ts";
import type { GetOptions } from "../store.ts";
import { checkId, checkList, checkSeqs, checkStoredId } from "../validate.ts";
import type { LastStats } from "./last_stats.ts";
import { Listing } from "./listing.ts";
import { Meter } from "./meter.ts";

export class Inspecting implements Pick<Inspector, "get" | "getMany" | "list" | "stats"> {
  readonly #parts: QueueParts;
  readonly #last: LastStats;
  readonly #meter: Meter;
  readonly #listing: Listing;

  constructor(parts: QueueParts, last: LastStats) {
    this.#parts = parts;
    this.#last = last;
    this.#meter = new Meter(parts.options.now);
    this.#listing = new Listing(parts.store);
    parts.events.subscribe(this.#meter.observe);
    parts.events.subscribe(parts.totals.observe);
  }

  async get(id: string): Promise<{ job: Job; history: HistoryEntry[] }> {
    const { store, health } = this.#parts;
    const found = await health.observe(store.get(checkStoredId(id)), "read");
    if (found === null) throw unknownJob(checkId(id));
    return found;
  }

  async list(request: ListRequest): Promise<JobList> {
    const { health, options: { now, stallMs } } = this.#parts;
    const query = checkList(request, { now: now(), stallMs });
    return await health.observe(this.#listing.list(query), "read");
  }

  async getMany(seqs: readonly number[], options: GetOptions = {}): Promise<Job[]> {
    const { store, health } = this.#parts;
    return await health.observe(store.getMany(checkSeqs(seqs), options), "read");
  }

  async stats(): Promise<QueueStats> {
    const { totals, options } = this.#parts;
    const now = options.now();
    const { counts, oldestDueAt, silent, parked } = await this.#last.look(now);
    return {
      counts,
      stalled: silent,
      parked,
      ageMs: oldestDueAt === null ? 0 : Math.max(0, now - oldestDueAt),
      ...this.#meter.view(),
      ...totals.view(),
    };
  }

  /** Resolves when no search is running any more. */
  rested(): Promise<void> {
    return this.#listing.rested();
  }
}
