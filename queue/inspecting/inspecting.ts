/** Reads jobs, lists and statistics. */
import type { Durability } from "../durability.ts";
import { QueueError } from "../errors.ts";
import type { HistoryEntry, Job } from "../job.ts";
import { QUEUE_DEFAULTS, type QueueParts } from "../options.ts";
import type { QueueStats, Rates } from "../queue_stats.ts";
import type { Inspector, JobList, ListRequest } from "../roles.ts";
import type { GetOptions, ParkedKind, StoreStats } from "../store.ts";
import { checkId, checkStoredId } from "../adding/check_job.ts";
import { printable } from "../basics/text.ts";
import { checkList, checkSeqs } from "./check_list.ts";
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

/** The latest statistics of the store, and the warnings in them. */
export class LastStats {
  readonly #parts: QueueParts;
  /** Kinds without a handler that were already reported. */
  readonly #reported = new Set<string>();
  #stats: StoreStats | null = null;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  /** Asks the store, remembers the answer, and reports new kinds without a handler. */
  async look(): Promise<StoreStats> {
    const { store, health, events, options: { stallMs } } = this.#parts;
    const stats = await health.observe(store.stats({ silentForMs: stallMs }), "read");
    this.#stats = stats;
    for (const { kind } of this.#withoutHandler(stats)) {
      if (!this.#reported.has(kind)) events.emit({ type: "parked", kind });
      this.#reported.add(kind);
    }
    return stats;
  }

  /** As of the last `look`; `unknown` before the first. */
  get durability(): Durability {
    return this.#stats?.durability ?? "unknown";
  }

  /** The store's warnings, and a sentence for each kind without a handler. */
  get warnings(): string[] {
    const handlersDir = this.#parts.options.handlersDir ?? QUEUE_DEFAULTS.handlersDir;
    const parked = this.#stats === null ? [] : this.#withoutHandler(this.#stats);
    return [...this.#stats?.warnings ?? [], ...parked.map((one) => parkedWarning(one, handlersDir))];
  }

  /** A kind whose handler is there and cannot be loaded has a warning of its own. */
  #withoutHandler({ parked }: StoreStats): ParkedKind[] {
    return parked.filter(({ kind }) => !this.#parts.options.kinds.includes(kind));
  }
}

function parkedWarning({ kind, count }: ParkedKind, handlersDir: string): string {
  const name = printable(kind);
  const jobs = count === 1 ? "1 job waits" : `${count.toLocaleString("en")} jobs wait`;
  return `${jobs} because no handler is named "${name}": add ${name}.ts in ${handlersDir} and restart, or cancel ${
    count === 1 ? "it" : "them"
  }.`;
}
