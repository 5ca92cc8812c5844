/** Upkeep: jobs of silent and dead holders, old jobs, the check after an unclean stop, and whether the storage works. */
import type { Reaped } from "../events.ts";
import type { LastStats } from "../inspecting/last_stats.ts";
import type { Lease } from "../job.ts";
import type { QueueParts } from "../options.ts";
import type { Maintainer } from "../roles.ts";
import { lookOver, toFindings } from "./look_over.ts";
import { Pruning } from "./pruning.ts";
import { type Reapable, reapOrphans, reapSilent } from "./reaping.ts";
import type { RequestRecord } from "./request_record.ts";

export class Maintenance implements Maintainer {
  readonly #parts: QueueParts;
  readonly #requests: RequestRecord;
  readonly #last: LastStats;
  readonly #reapable: Reapable;
  readonly #pruning: Pruning;
  #findings: readonly string[] = [];

  constructor(parts: QueueParts, { requests, last }: { requests: RequestRecord; last: LastStats }) {
    const { store, health, events } = parts;
    this.#parts = parts;
    this.#requests = requests;
    this.#last = last;
    this.#reapable = {
      orphans: (request) => health.observe(store.orphans(request)),
      settle: (endings) => health.observe(store.settle(endings)),
    };
    this.#pruning = new Pruning(
      (request) => health.observe(store.prune(request)),
      (ids) => events.emit({ type: "removed", ids }),
    );
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
    const count = await this.#pruning.run(retentionMs === 0 ? 0 : now() - retentionMs);
    if (count > 0) events.emit({ type: "pruned", count });
    await this.#last.look(now());
    return count;
  }

  async lookOver(signal: AbortSignal): Promise<void> {
    const { store, events } = this.#parts;
    if (!store.endedUncleanly) return;
    const problems = await lookOver(store, signal);
    if (problems === null) return;
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
