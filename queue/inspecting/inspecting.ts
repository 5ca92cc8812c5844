/** Reads jobs, lists and statistics. */
import { QueueError } from "../errors.ts";
import type { HistoryEntry, Job } from "../job.ts";
import type { QueueParts } from "../options.ts";
import type { QueueStats, Rates } from "../queue_stats.ts";
import type { Inspector, JobList, ListRequest } from "../roles.ts";
import type { GetOptions } from "../store.ts";
import { checkId, checkStoredId } from "../adding/check_job.ts";
import { printable } from "../basics/text.ts";
import { checkList, checkSeqs } from "./check_list.ts";
import type { LastStats } from "./last_stats.ts";
import { Listing } from "./listing.ts";
import { Meter } from "./counters.ts";

export class Inspecting implements Pick<Inspector, "get" | "getMany" | "list" | "stats"> {
  readonly #parts: QueueParts;
  readonly #last: LastStats;
  readonly #meter: Meter;
  readonly #listing: Listing;

  constructor(parts: QueueParts, last: LastStats) {
    this.#parts = parts;
    this.#last = last;
    this.#meter = new Meter(parts.store.now);
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
    const { health, options: { stallMs } } = this.#parts;
    const query = checkList(request, { stallMs });
    return await health.observe(this.#listing.list(query), "read");
  }

  async getMany(seqs: readonly number[], options: GetOptions = {}): Promise<Job[]> {
    const { store, health } = this.#parts;
    return await health.observe(store.getMany(checkSeqs(seqs), options), "read");
  }

  async stats(): Promise<QueueStats> {
    const { totals, runTimes, store } = this.#parts;
    const { counts, oldestDueAt, silent, parked } = await this.#last.look();
    return {
      counts,
      stalled: silent,
      parked,
      ageMs: oldestDueAt === null ? 0 : Math.max(0, store.now() - oldestDueAt),
      ...this.#meter.view(),
      ...totals.view(),
      ...runTimes.view(),
    };
  }

  /** Counts per second of the last minute, oldest first. */
  history(): readonly Rates[] {
    return this.#meter.history();
  }

  /** Resolves when no search is running. */
  whenIdle(): Promise<void> {
    return this.#listing.whenIdle();
  }
}

export function unknownJob(id: string): QueueError {
  return new QueueError("unknown_job", `There is no job "${shownId(id)}": check its id.`);
}

/** A list of results repeats each id anyway, so a sentence need not repeat a long one. */
export function shownId(id: string): string {
  return printable(id, { maxLength: 200 });
}
