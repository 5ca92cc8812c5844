/** Maintenance: jobs of silent and dead holders, old jobs, the check after an unclean stop, and storage probes. */
import { sleep } from "../basics/time.ts";
import { hostChannel } from "../capabilities.ts";
import { assertPassing, StorageError } from "../errors.ts";
import type { Reaped } from "../events.ts";
import type { LastStats } from "../inspecting/last_stats.ts";
import { type Lease, MAX_TIME } from "../job.ts";
import type { QueueParts } from "../options.ts";
import type { Maintainer } from "../roles.ts";
import { LostHosts } from "./lost_hosts.ts";
import type { Presence } from "./presence.ts";
import { Pruning } from "./pruning.ts";
import { Refusals } from "./refusals.ts";
import { type Reapable, reapProcess, reapSilent } from "./reaping.ts";
import { CHARGED, type Judgement, type RequestRecord } from "./request_record.ts";
import { verifyJobs } from "./verify.ts";

/** How often a process checks whether another one has died. */
const LOOK_MS = 500;

/** A page of the check takes a few milliseconds, so it uses a tenth of the thread: a million jobs take minutes. */
const VERIFY_PAGE = 100;
const VERIFY_PAUSE_MS = 20;

/** Longer than any job can be stored. */
const FOREVER_MS = MAX_TIME;

interface RecoveryOptions {
  readonly held: readonly Lease[];
  /** The judgement of processes that the request record does not know; left out: they are charged. */
  readonly ofOthers?: Judgement;
}

/** What maintenance shares with other roles. */
interface Shared {
  readonly requests: RequestRecord;
  readonly last: LastStats;
  readonly presence: Presence;
}

export class Maintenance implements Maintainer {
  readonly #parts: QueueParts;
  readonly #requests: RequestRecord;
  readonly #last: LastStats;
  readonly #reapable: Reapable;
  readonly #pruning: Pruning;
  readonly #presence: Presence;
  readonly #lost: LostHosts;
  readonly #refusals: Refusals;
  /** On a server, the last process of the record may seem alive for a while. */
  #awaitsLastProcess = false;
  /** A process has died, so what it left behind is worth a check. */
  #foundDeath = false;
  #isRecovering = false;
  #lookedAt = performance.now();
  #findings: readonly string[] = [];
  /** The storage warnings that were already reported and still hold. */
  #reportedWarnings: readonly string[] = [];

  constructor(parts: QueueParts, { requests, last, presence }: Shared) {
    const { store, health } = parts;
    this.#parts = parts;
    this.#requests = requests;
    this.#last = last;
    this.#presence = presence;
    this.#pruning = new Pruning(parts);
    this.#lost = new LostHosts(parts, presence);
    this.#refusals = new Refusals(parts.events);
    this.#reapable = {
      orphans: (request) => health.observe(store.orphans(request)),
      settle: (endings) => health.observe(store.settle(endings)),
      onRefused: (orphan, error) => this.#refusals.note(orphan, error),
    };
  }

  async sweep({ held, freed }: { held: readonly Lease[]; freed: number }): Promise<number> {
    const { options, totals, events } = this.#parts;
    this.#requests.noteAlive();
    this.#refusals.beginRound();
    // At once, because what is claimed later is not among `held`.
    const requeued = await reapSilent(this.#reapable, held, options);
    totals.reaped(requeued, "stalled");
    events.emit({ type: "swept", requeued, freed });
    await this.#presence.beat();
    this.#requests.setProcess(this.#presence.id);
    const recovered = await this.#recoverDead({ held });
    return recovered.length + requeued.length + freed;
  }

  async recover(): Promise<Reaped[]> {
    await this.#presence.joinIfPossible();
    this.#requests.setProcess(this.#presence.id);
    const death = this.#requests.judge();
    const { lastProcess } = this.#requests;
    const reaped = [
      ...await this.#recoverDead({ held: [], ofOthers: lastProcess === null ? death : CHARGED }),
      ...await this.#recoverProcess(null, { ...death, held: [] }),
    ];
    // Read now, so that the first page already shows what stored jobs survive.
    await this.#reportWarnings().catch(assertPassing);
    const isLeft = this.#presence.seen.rows.some(({ id, isDead }) => id === lastProcess && !isDead);
    this.#awaitsLastProcess = isLeft && reaped.length === 0;
    if (reaped.length === 0 && !isLeft) this.#requests.withdrawVerdict();
    this.#requests.takeOver();
    return reaped;
  }

  /** One at a time: otherwise the sweep and the probe would both settle all jobs of the same process. */
  async #recoverDead(known: RecoveryOptions): Promise<Reaped[]> {
    if (this.#isRecovering) return [];
    this.#isRecovering = true;
    try {
      return await this.#recoverEachDead(known);
    } finally {
      this.#isRecovering = false;
    }
  }

  /** A request may have killed the last process of this record, however late its death is noticed. */
  async #recoverEachDead({ held, ofOthers = CHARGED }: RecoveryOptions): Promise<Reaped[]> {
    const { store, health } = this.#parts;
    const reaped: Reaped[][] = [];
    for (const process of await this.#presence.dead()) {
      const { id } = process;
      this.#foundDeath = true;
      const isLast = id === this.#requests.lastProcess;
      const judgement = isLast ? this.#requests.judge() : ofOthers;
      const freed = await this.#recoverProcess(id, { ...judgement, held });
      if (isLast && this.#awaitsLastProcess && freed.length === 0) this.#requests.withdrawVerdict();
      if (isLast) this.#awaitsLastProcess = false;
      reaped.push(freed);
      const hasStopped = isLast && this.#requests.hasLastStopped;
      await (hasStopped ? Promise.resolve() : this.#lost.note(process, freed.length))
        .then(() => health.observe(store.leave(id)))
        .catch(assertPassing);
    }
    await this.#lost.look().catch(assertPassing);
    return reaped.flat();
  }

  async #recoverProcess(
    process: string | null,
    { excuse, held }: Judgement & { readonly held: readonly Lease[] },
  ): Promise<Reaped[]> {
    const { options: { crashLimit } } = this.#parts;
    const reaped: Reaped[][] = [];
    try {
      for await (const slice of reapProcess(this.#reapable, process, { crashLimit, excuse, held })) {
        reaped.push(slice);
        await this.#presence.beat();
      }
    } finally {
      // What was settled before an error stays settled.
      this.#reportReaped(reaped.flat(), excuse);
    }
    return reaped.flat();
  }

  #reportReaped(reaped: readonly Reaped[], excuse: Judgement["excuse"]): void {
    const { totals, events } = this.#parts;
    if (reaped.length === 0) return;
    this.#foundDeath = true;
    totals.reaped(reaped, excuse === null ? "crashed" : "released");
    events.emit({ type: "swept", requeued: reaped, freed: 0, excuse });
  }

  async prune(): Promise<number> {
    const { options: { retentionMs }, events } = this.#parts;
    const count = await this.#pruning.prune(retentionMs === 0 ? FOREVER_MS : retentionMs);
    if (count > 0) events.emit({ type: "pruned", count });
    await this.#reportWarnings();
    return count;
  }

  /** Logs each warning about the storage once, when it begins to be true. */
  async #reportWarnings(): Promise<void> {
    const { warnings } = await this.#last.look();
    const fresh = warnings.filter((warning) => !this.#reportedWarnings.includes(withoutNumbers(warning)));
    for (const warning of fresh) this.#parts.events.emit({ type: "storage-warning", warning });
    this.#reportedWarnings = warnings.map(withoutNumbers);
  }

  /** The pages of the file were checked at startup; this checks the jobs, in the background. */
  async verify(signal: AbortSignal): Promise<void> {
    const { store, events } = this.#parts;
    if (!this.#foundDeath) return;
    const problems: string[] = [];
    for await (const found of verifyJobs(store, { deep: true, page: VERIFY_PAGE })) {
      problems.push(...found);
      await sleep(VERIFY_PAUSE_MS, signal);
      if (signal.aborted) return;
    }
    this.#findings = toFindings(problems);
    events.emit({ type: "verified", problems });
  }

  /** Lost hosts, jobs that cannot be released, and what the check after an unclean stop has found, as sentences for the operator. */
  get warnings(): readonly string[] {
    return [...this.#lost.warnings, ...this.#refusals.warnings, ...this.#findings];
  }

  watch(): Disposable {
    const { store, events } = this.#parts;
    return store.watch(() => events.emit({ type: "changed-outside" }));
  }

  async probe({ held = [] }: { readonly held?: readonly Lease[] } = {}): Promise<void> {
    const { store, health } = this.#parts;
    health.assertNotLost();
    try {
      await health.observe(store.probe(), "probe");
    } catch (error) {
      // Stored jobs still run to their end, so those of a dead process are taken over, too.
      if (error instanceof StorageError && error.ofNewJobs) await this.#lookForDead(held);
      throw error;
    }
    await this.#lookForDead(held);
  }

  /** If the backend notices deaths at once, the jobs of a dead process need not wait for the next sweep. */
  async #lookForDead(held: readonly Lease[]): Promise<void> {
    if (performance.now() - this.#lookedAt < LOOK_MS) return;
    this.#lookedAt = performance.now();
    // The other hosts want to see more often than once a sweep that this one is alive, and how it is.
    if (hostChannel(this.#parts.store) !== null) await this.#presence.beat();
    await this.#recoverDead({ held });
  }
}

/** Drops numbers, such as a growing size, so that a warning is recognized when it comes again. */
function withoutNumbers(warning: string): string {
  return warning.replaceAll(/\d+/g, "");
}

/** The first problem, for the pages, and where to find the others. */
function toFindings(problems: readonly string[]): string[] {
  const [first] = problems;
  if (first === undefined) return [];
  const others = problems.length === 1 ? "" : ` and ${problems.length - 1} more`;
  return [
    `After the unclean stop something is wrong: ${first} See this${others} with: deno task jobs verify --deep`,
  ];
}
