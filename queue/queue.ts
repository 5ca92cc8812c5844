/**
 * The queue: every rule once, above a store that only moves state. `validate.ts` checks all input from outside,
 * `policy.ts` decides what the end of an attempt means, and events report what happened. Each part of the system
 * receives the queue as the role it needs (`roles.ts`).
 */
import { addAll } from "./adding.ts";
import { backUp, type MissingCapabilities, missingCapabilities } from "./capabilities.ts";
import { checkId, checkList, checkSeqs, checkStoredId } from "./validate.ts";
import { ClockRollback } from "./clock_rollback.ts";
import { Events, type Listener, type Reaped } from "./events.ts";
import type { HistoryEntry, Job, Lease, OperatorVerb } from "./job.ts";
import { Meter } from "./meter.ts";
import { StorageHealth } from "./health.ts";
import { Listing } from "./listing.ts";
import { moveIds, type Mover, unknownJob } from "./moving.ts";
import { moveAll } from "./moving_all.ts";
import { lookOver, toFindings } from "./look_over.ts";
import { LastStats } from "./last_stats.ts";
import type { QueueOptions } from "./options.ts";
import { Pruning } from "./pruning.ts";
import { type Reapable, reapOrphans, reapSilent } from "./reaping.ts";
import { RequestRecord } from "./request_record.ts";
import type * as roles from "./roles.ts";
import type { ClaimAnswer, Claimed, ClaimRequest, GetOptions, Store, StoreStats } from "./store.ts";
import { tellSettled, toSettled, toSettlement, toVerdict } from "./settling.ts";
import { Totals } from "./totals.ts";
import { verify } from "./verify.ts";

type Role = roles.Consumer & roles.Maintainer & roles.Inspector & roles.Operator & roles.Admin;

export class Queue implements Role {
  readonly stallMs: number;
  readonly kinds: readonly string[];
  /** What this backend cannot do, with the reasons. */
  readonly missing: MissingCapabilities;
  readonly #store: Store;
  readonly #options: QueueOptions;
  readonly #events = new Events();
  readonly #emit: Events["emit"] = (event) => this.#events.emit(event);
  readonly #clock: ClockRollback;
  readonly #meter: Meter;
  readonly #last = new LastStats(this.#events);
  readonly #totals: Totals;
  readonly #listing: Listing;
  readonly #requests: RequestRecord;
  #revision = 0;
  readonly #health = new StorageHealth((error) =>
    this.#events.emit({ type: "storage", trouble: error?.message ?? null })
  );
  readonly #pruning = new Pruning(
    (request) => this.#health.observe(this.#store.prune(request)),
    (ids) => this.#events.emit({ type: "removed", ids }),
  );
  readonly #reapable: Reapable = {
    orphans: (request) => this.#health.observe(this.#store.orphans(request)),
    settle: (endings) => this.#health.observe(this.#store.settle(endings)),
  };
  readonly #mover: Mover = {
    move: (verb, ids, by) => this.#health.observe(this.#store.move(verb, ids, this.#options.now(), by)),
    emit: this.#emit,
  };
  #findings: readonly string[] = [];

  constructor(store: Store, options: QueueOptions) {
    this.#store = store;
    ({ stallMs: this.stallMs, kinds: this.kinds } = options);
    this.missing = missingCapabilities(store);
    this.#listing = new Listing(store);
    this.#requests = new RequestRecord({ path: options.requestRecord ?? null, now: options.now });
    this.#options = options;
    this.#clock = new ClockRollback(options.now);
    this.#meter = new Meter(options.now);
    this.#totals = new Totals(options.kinds);
    this.#events.subscribe((event) => {
      if (event.type !== "arriving") this.#revision += 1;
      this.#meter.observe(event);
      this.#totals.observe(event);
    });
  }

  // Enqueuer ------------------------------------------------------------------------------------------------------------

  async add(requests: readonly roles.JobRequest[], by?: string): Promise<roles.Added[]> {
    const given = { ...this.#options, by, now: this.#clock.now() };
    const insert: Store["insert"] = (jobs) => this.#health.observe(this.#store.insert(jobs));
    return await addAll({ insert, emit: this.#emit }, requests, given);
  }

  // Consumer ---------------------------------------------------------------------------------------------------------

  async claim(requests: readonly ClaimRequest[]): Promise<ClaimAnswer> {
    const { kinds } = this.#options;
    const answer = await this.#clock.around((now, setBack) =>
      this.#health.observe(this.#store.claim(requests, now, { kinds, setBack }))
    );
    this.#totals.claimed(answer.claimed);
    if (answer.claimed.length > 0) this.#events.emit({ type: "claimed", count: answer.claimed.length });
    return answer;
  }

  renew(leases: readonly Lease[]): Promise<boolean[]> {
    return this.#health.observe(this.#store.renew(leases, this.#clock.now()));
  }

  async settle(attempts: readonly { job: Claimed; outcome: roles.Outcome }[]): Promise<roles.Verdict[]> {
    const now = this.#options.now();
    const policy = { ...this.#options, now };
    const settlements = attempts.map(({ job, outcome }) => toSettlement(job, outcome, policy));
    const held = await this.#health.observe(this.#store.settle(settlements));
    const settled = attempts.map(({ job }, i) => toSettled(job, settlements[i], held[i]));
    this.#totals.settled(settled);
    tellSettled(settled, { now, retries: this.#options.retryDelaysMs.length, emit: this.#emit });
    return settled.map((one) => toVerdict(one, now));
  }

  // Maintainer ----------------------------------------------------------------------------------------------------------

  async sweep({ held, freed }: { held: readonly Lease[]; freed: number }): Promise<number> {
    this.#requests.noteAlive();
    const requeued = await reapSilent(this.#reapable, held, this.#options);
    this.#totals.reaped(requeued, "stalled");
    this.#events.emit({ type: "swept", requeued, freed });
    return requeued.length + freed;
  }

  async recover(): Promise<Reaped[]> {
    const { reaped, excuse } = await reapOrphans(this.#reapable, this.#requests, this.#options);
    this.#totals.reaped(reaped, excuse === null ? "crashed" : "released");
    if (reaped.length > 0) this.#events.emit({ type: "swept", requeued: reaped, freed: 0, excuse });
    return reaped;
  }

  async prune(): Promise<number> {
    const { retentionMs, now } = this.#options;
    const count = await this.#pruning.run(retentionMs === 0 ? 0 : now() - retentionMs);
    if (count > 0) this.#events.emit({ type: "pruned", count });
    await this.#look(now());
    return count;
  }

  async lookOver(signal: AbortSignal): Promise<void> {
    if (!this.#store.endedUncleanly) return;
    const problems = await lookOver(this.#store, signal);
    if (problems === null) return;
    this.#findings = toFindings(problems);
    this.#events.emit({ type: "looked-over", problems });
  }

  watch(): Disposable {
    return this.#store.watch(() => this.#events.emit({ type: "changed-outside" }));
  }

  async probe(): Promise<void> {
    this.#health.assertNotLost();
    await this.#health.observe(this.#store.probe(), "probe");
  }

  // Inspector --------------------------------------------------------------------------------------------------------

  async get(id: string): Promise<{ job: Job; history: HistoryEntry[] }> {
    const found = await this.#health.observe(this.#store.get(checkStoredId(id)), "read");
    if (found === null) throw unknownJob(checkId(id));
    return found;
  }

  async list(request: roles.ListRequest): Promise<roles.JobList> {
    const { now, stallMs } = this.#options;
    const query = checkList(request, { now: now(), stallMs });
    return await this.#health.observe(this.#listing.list(query), "read");
  }

  async getMany(seqs: readonly number[], options: GetOptions = {}): Promise<Job[]> {
    return await this.#health.observe(this.#store.getMany(checkSeqs(seqs), options), "read");
  }

  async stats(): Promise<roles.QueueStats> {
    const now = this.#options.now();
    const { counts, oldestDueAt, silent, parked } = await this.#look(now);
    return {
      counts,
      stalled: silent,
      parked,
      ageMs: oldestDueAt === null ? 0 : Math.max(0, now - oldestDueAt),
      ...this.#meter.view(),
      ...this.#totals.view(),
    };
  }

  get revision(): number {
    return this.#revision;
  }

  get trouble(): string | null {
    return this.#health.trouble?.message ?? null;
  }

  get publicTrouble(): string | null {
    return this.#health.trouble?.publicMessage ?? null;
  }

  get warnings(): readonly string[] {
    return [...this.#findings, ...this.#last.warnings(this.#options.handlersDir)];
  }

  subscribe(listener: Listener): () => void {
    return this.#events.subscribe(listener);
  }

  // Operator ---------------------------------------------------------------------------------------------------------

  move(
    verb: OperatorVerb,
    ids: readonly string[],
    by: string,
    options: roles.MoveOptions = {},
  ): Promise<roles.MoveResult[]> {
    return moveIds(this.#mover, { verb, ids: ids.map(checkStoredId), by, ...options });
  }

  moveAll(verb: OperatorVerb, filter: roles.JobFilter, how: roles.MoveAllOptions): Promise<number> {
    return moveAll({ ...this.#mover, list: (request) => this.list(request) }, { verb, filter, ...how });
  }

  // Admin -----------------------------------------------------------------------------------------------------------

  beginRequest(): () => void {
    return this.#requests.begin();
  }

  check(options: { deep: boolean }): Promise<string[]> {
    return verify(this.#store, { ...options, retryLimit: this.#options.retryDelaysMs.length });
  }

  backup(path: string, how: { readonly replace?: boolean } = {}): Promise<void> {
    return backUp(this.#store, path, how);
  }

  async close(): Promise<void> {
    this.#requests.close();
    await this.#store.close().finally(() => this.#listing.rested());
  }

  async #look(now: number): Promise<StoreStats> {
    const silentSince = now - this.#options.stallMs;
    const stats = await this.#health.observe(this.#store.stats({ now, silentSince }), "read");
    return this.#last.note(stats);
  }
}
