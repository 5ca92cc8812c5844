/** Upkeep: jobs of silent and dead holders, old jobs, the check after an unclean stop, and whether the storage works. */
import { sleep, yieldToEventLoop } from "../basics/time.ts";
import type { Reaped } from "../events.ts";
import type { LastStats } from "../inspecting/inspecting.ts";
import type { Lease } from "../job.ts";
import type { QueueParts } from "../options.ts";
import type { Maintainer } from "../roles.ts";
import { type Reapable, reapOrphans, reapSilent } from "./reaping.ts";
import type { RequestRecord } from "./request_record.ts";
import { verifyJobs } from "./verify.ts";

/** How many jobs a turn of the pruning looks at, and for how long it goes on at most. */
const PRUNE_LIMIT = 200;
const PRUNE_BUDGET_MS = 1_000;
const MOST_IDLE_PAGES = 50;

/** A page of the audit takes some milliseconds, so it uses a tenth of the thread: a million jobs take minutes. */
const LOOK_OVER_PAGE = 100;
const LOOK_OVER_REST_MS = 20;

export class Maintenance implements Maintainer {
  readonly #parts: QueueParts;
  readonly #requests: RequestRecord;
  readonly #last: LastStats;
  readonly #reapable: Reapable;
  /** Where the next pruning continues. */
  #prunedTo = 0;
  #findings: readonly string[] = [];

  constructor(parts: QueueParts, { requests, last }: { requests: RequestRecord; last: LastStats }) {
    const { store, health } = parts;
    this.#parts = parts;
    this.#requests = requests;
    this.#last = last;
    this.#reapable = {
      orphans: (request) => health.observe(store.orphans(request)),
      settle: (endings) => health.observe(store.settle(endings)),
    };
  }

  async sweep({ held, freed }: { held: readonly Lease[]; freed: number }): Promise<number> {
    const { options, totals, events } = this.#parts;
    this.#requests.noteAlive();
    const requeued = await reapSilent(this.#reapable, held, options);
    totals.reaped(requeued, "stalled");
    events.emit({ type: "swept", requeued, freed });
    return requeued.length + freed;
  }

  async recover(): Promise<Reaped[]> {
    const { options, totals, events } = this.#parts;
    const { reaped, excuse } = await reapOrphans(this.#reapable, this.#requests, options);
    totals.reaped(reaped, excuse === null ? "crashed" : "released");
    if (reaped.length > 0) events.emit({ type: "swept", requeued: reaped, freed: 0, excuse });
    return reaped;
  }

  async prune(): Promise<number> {
    const { options: { retentionMs, now }, events } = this.#parts;
    const count = await this.#prune(retentionMs === 0 ? 0 : now() - retentionMs);
    if (count > 0) events.emit({ type: "pruned", count });
    await this.#last.look(now());
    return count;
  }

  /** Some milliseconds a turn and at most a tenth of the time. Returns how many jobs were removed. */
  async #prune(before: number): Promise<number> {
    const { store, health, events } = this.#parts;
    const deadline = performance.now() + PRUNE_BUDGET_MS;
    let count = 0;
    let idlePages = 0;
    for (;;) {
      const request = { before, after: this.#prunedTo, limit: PRUNE_LIMIT };
      const { removed, next } = await health.observe(store.prune(request));
      this.#prunedTo = next;
      count += removed.length;
      if (removed.length > 0) events.emit({ type: "removed", ids: removed });
      // If nothing is old, this goes through the store slowly, sweep by sweep; if much is, as fast as allowed.
      idlePages = removed.length === 0 ? idlePages + 1 : 0;
      if (next === 0 || idlePages >= MOST_IDLE_PAGES || performance.now() >= deadline) return count;
      await yieldToEventLoop();
    }
  }

  /** The pages of the file were checked at the start; this checks the jobs, beside the normal work. */
  async lookOver(signal: AbortSignal): Promise<void> {
    const { store, events } = this.#parts;
    if (!store.endedUncleanly) return;
    const problems: string[] = [];
    for await (const found of verifyJobs(store, { deep: true, page: LOOK_OVER_PAGE })) {
      problems.push(...found);
      await sleep(LOOK_OVER_REST_MS, signal);
      if (signal.aborted) return;
    }
    this.#findings = toFindings(problems);
    events.emit({ type: "looked-over", problems });
  }

  /** What the check after an unclean stop has found, as sentences for the operator. */
  get findings(): readonly string[] {
    return this.#findings;
  }

  watch(): Disposable {
    const { store, events } = this.#parts;
    return store.watch(() => events.emit({ type: "changed-outside" }));
  }

  async probe(): Promise<void> {
    const { store, health } = this.#parts;
    health.assertNotLost();
    await health.observe(store.probe(), "probe");
  }
}

/** The first sentence, for the pages, and where to find the others. */
function toFindings(problems: readonly string[]): string[] {
  const [first] = problems;
  if (first === undefined) return [];
  const others = problems.length === 1 ? "" : ` and ${problems.length - 1} more`;
  return [
    `After the unclean stop something is wrong: ${first} See this${others} with: deno task jobs verify --deep`,
  ];
}
