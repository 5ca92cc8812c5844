/**
 * The queue: every rule once, above a store that only moves state.
 *
 * What comes from outside is checked at the door (`door.ts`), what an attempt's end means is decided by `policy.ts`,
 * and what happened is told as events. Each part of the system gets it as the role it needs (`roles.ts`).
 */
import { checkId, checkJob } from "./door.ts";
import { messageOf, QueueError, StorageError } from "./errors.ts";
import { Events, type Listener } from "./events.ts";
import { type HistoryEntry, type Job, type Lease, MOVES, type OperatorVerb } from "./job.ts";
import { Meter } from "./meter.ts";
import { listJobs } from "./listing.ts";
import { toMoveResult, unknownJob } from "./moving.ts";
import { chargeOf, type Policy } from "./policy.ts";
import type * as roles from "./roles.ts";
import type { ClaimAnswer, Claimed, ClaimRequest, Inserted, Reaped, Store } from "./store.ts";
import { tellSettled, toSettled, toSettlement, toVerdict } from "./settling.ts";
import { verify } from "./verify.ts";

export interface QueueOptions extends Policy {
  readonly kinds: readonly string[];
  /** A heartbeat older than this is a stall, in milliseconds. */
  readonly stallMs: number;
  /** Finished jobs are kept for this long, in milliseconds; 0 = for ever. */
  readonly retentionMs: number;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

type Role = roles.Consumer & roles.Janitor & roles.Inspector & roles.Operator & roles.Keeper;

const REAP_LIMIT = 500;
/** Recovery judges all orphans at once: which of them is charged depends on the others. */
const RECOVERY_LIMIT = 1_000_000;
const PRUNE_LIMIT = 2_000;
const MOVE_PAGE = 200;

export class Queue implements Role {
  readonly #store: Store;
  readonly #options: QueueOptions;
  readonly #events = new Events();
  readonly #meter: Meter;
  #revision = 0;
  #trouble: string | null = null;
  #fenced = 0;
  #foreignWrites: number | null = null;
  #pruneAfter = 0;

  constructor(store: Store, options: QueueOptions) {
    this.#store = store;
    this.#options = options;
    this.#meter = new Meter(options.now);
    this.#events.subscribe((event) => {
      if (event.type !== "arriving") this.#revision += 1;
      this.#meter.observe(event);
    });
  }

  // Adder ------------------------------------------------------------------------------------------------------------

  async add(requests: readonly roles.JobRequest[]): Promise<roles.Added[]> {
    const now = this.#options.now();
    const jobs = requests.map((request) => checkJob(request, { kinds: this.#options.kinds, now }));
    const stored = this.#written(this.#store.insert(jobs));
    this.#events.emit({ type: "arriving", count: jobs.length });
    const inserted = await stored;
    const fresh = inserted.filter(({ outcome }) => outcome === "added" || outcome === "replaced");
    if (fresh.length > 0) this.#events.emit({ type: "enqueued", jobs: fresh.map(({ job }) => job) });
    return inserted.map(acceptedOrThrow);
  }

  // Consumer ---------------------------------------------------------------------------------------------------------

  async claim(requests: readonly ClaimRequest[]): Promise<ClaimAnswer> {
    const answer = await this.#written(this.#store.claim(requests, this.#options.now()));
    if (answer.claimed.length > 0) this.#events.emit({ type: "claimed", count: answer.claimed.length });
    return answer;
  }

  renew(leases: readonly Lease[]): Promise<boolean[]> {
    return this.#written(this.#store.renew(leases, this.#options.now()));
  }

  async settle(attempts: readonly { job: Claimed; outcome: roles.Outcome }[]): Promise<roles.Verdict[]> {
    const now = this.#options.now();
    const policy = { ...this.#options, now };
    const settlements = attempts.map(({ job, outcome }) => toSettlement(job, outcome, policy));
    const held = await this.#written(this.#store.settle(settlements));
    const settled = attempts.map(({ job }, i) => toSettled(job, settlements[i], held[i]));
    this.#fenced += settled.filter(({ isHeld }) => !isHeld).length;
    tellSettled(settled, {
      now,
      retries: this.#options.retryDelaysMs.length,
      emit: (event) => this.#events.emit(event),
    });
    return settled.map(toVerdict);
  }

  // Janitor ----------------------------------------------------------------------------------------------------------

  async sweep(alive: readonly string[]): Promise<Reaped[]> {
    const { stallMs, now } = this.#options;
    const detail = `No heartbeat for more than ${stallMs / 1000} s`;
    const requeued: Reaped[] = [];
    for (let full = true; full;) {
      const request = { alive, detail, event: "stalled", limit: REAP_LIMIT, charge: null } as const;
      const page = await this.#written(this.#store.reap({ ...request, before: now() - stallMs, now: now() }));
      requeued.push(...page);
      full = page.length === REAP_LIMIT;
    }
    this.#events.emit({ type: "swept", requeued });
    return requeued;
  }

  async recover(): Promise<Reaped[]> {
    const reaped = await this.#written(this.#store.reap({
      ...{ before: Number.MAX_SAFE_INTEGER, alive: [], event: "crashed", detail: "The process died" },
      ...{ now: this.#options.now(), limit: RECOVERY_LIMIT, charge: chargeOf(this.#options) },
    }));
    if (reaped.length > 0) this.#events.emit({ type: "swept", requeued: reaped });
    return reaped;
  }

  async prune(): Promise<number> {
    const { retentionMs, now } = this.#options;
    if (retentionMs === 0) return 0;
    const request = { before: now() - retentionMs, after: this.#pruneAfter, limit: PRUNE_LIMIT };
    const { removed, next } = await this.#written(this.#store.prune(request));
    this.#pruneAfter = next;
    if (removed > 0) this.#events.emit({ type: "pruned", count: removed });
    return removed;
  }

  async watch(): Promise<void> {
    const before = this.#foreignWrites;
    this.#foreignWrites = await this.#store.foreignWrites();
    if (before !== null && before !== this.#foreignWrites) this.#events.emit({ type: "foreign" });
  }

  // Inspector --------------------------------------------------------------------------------------------------------

  async get(id: string): Promise<{ job: Job; history: HistoryEntry[] }> {
    const found = await this.#store.get(checkId(id));
    if (found === null) throw unknownJob(id);
    return found;
  }

  list(request: roles.ListRequest): Promise<roles.JobList> {
    return listJobs(this.#store, request);
  }

  async stats(): Promise<roles.QueueStats> {
    const now = this.#options.now();
    const { counts, oldestDueAt } = await this.#store.stats(now);
    return {
      ...{ counts, ageMs: oldestDueAt === null ? 0 : Math.max(0, now - oldestDueAt) },
      ...{ rates: this.#meter.rates(), history: this.#meter.history(), fenced: this.#fenced },
    };
  }

  get revision(): number {
    return this.#revision;
  }

  get trouble(): string | null {
    return this.#trouble;
  }

  get stallMs(): number {
    return this.#options.stallMs;
  }

  get kinds(): readonly string[] {
    return this.#options.kinds;
  }

  subscribe(listener: Listener): () => void {
    return this.#events.subscribe(listener);
  }

  // Operator ---------------------------------------------------------------------------------------------------------

  async move(verb: OperatorVerb, ids: readonly string[], by: string): Promise<roles.MoveResult[]> {
    const moved = this.#written(this.#store.move(verb, ids.map(checkId), this.#options.now()));
    if (MOVES[verb].to === "PENDING") this.#events.emit({ type: "arriving", count: ids.length });
    const results = await moved;
    for (const result of results) {
      if (result.outcome !== "moved") continue;
      const { id, from, job } = result;
      this.#events.emit({ type: "moved", verb, id, from, lease: { seq: job.seq, lease: job.lease }, by });
    }
    return results.map((result) => toMoveResult(verb, result));
  }

  async moveAll(verb: OperatorVerb, filter: roles.JobFilter, by: string): Promise<number> {
    let moved = 0;
    for (const status of MOVES[verb].from) {
      if (filter.status !== undefined && filter.status !== status) continue;
      for (let cursor: string | null = ""; cursor !== null;) {
        const page: roles.JobList = await this.list({ ...filter, status, cursor, limit: MOVE_PAGE });
        const results = page.jobs.length === 0
          ? []
          : await this.move(verb, page.jobs.map(({ id }) => id), by);
        moved += results.filter(({ ok }) => ok).length;
        cursor = page.next;
      }
    }
    return moved;
  }

  // Keeper -----------------------------------------------------------------------------------------------------------

  check(options: { deep: boolean }): Promise<string[]> {
    const { retryDelaysMs, now } = this.#options;
    return verify(this.#store, { ...options, now: now(), retryLimit: retryDelaysMs.length });
  }

  backup(path: string): Promise<void> {
    return this.#store.backup(path);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Remembers whether the storage works, for `/healthz` and the pages. */
  async #written<T>(work: Promise<T>): Promise<T> {
    try {
      const answer = await work;
      this.#trouble = null;
      return answer;
    } catch (error) {
      if (error instanceof StorageError) this.#trouble = messageOf(error);
      throw error;
    }
  }
}

function acceptedOrThrow({ outcome, job }: Inserted): roles.Added {
  if (outcome !== "refused") return { outcome, job };
  throw new QueueError(
    "duplicate_job",
    `Job "${job.id}" exists already and is ${job.status}: resubmit it, ask for "replace", or choose another id.`,
  );
}
