/** Takes jobs from silent consumers and from dead processes. */
import { type Death, inSlices, judgeDeaths, livingHeartbeats, type Release } from "../policy/deaths.ts";
import { RejectedWrite } from "../errors.ts";
import type { Reaped } from "../events.ts";
import { type Lease, leaseKey, MOVES } from "../job.ts";
import type { Policy } from "../policy/policy.ts";
import type { Orphan, Store } from "../store.ts";

const SWEEP_LIMIT = 500;
/** The most jobs whose release may be refused in one sweep: each takes a statement of its own. */
const MAX_REFUSED = 5_000;
/** All jobs of a dead process are judged together, because which of them is charged depends on the others. */
const RECOVERY_LIMIT = 1_000_000;
/** How many of them are settled together: a few hundredths of a second, however many the process held. */
const RECOVERY_SLICE = 500;

export interface Reapable extends Pick<Store, "orphans" | "settle"> {
  /** The store refuses to release this job, which stays as it is. */
  readonly onRefused: (orphan: Orphan, error: RejectedWrite) => void;
}

export interface ReapOptions extends Policy {
  readonly stallMs: number;
}

/** Reaps all stalled jobs, except those in `held`. */
export async function reapSilent(
  store: Reapable,
  held: readonly Lease[],
  { stallMs }: ReapOptions,
): Promise<Reaped[]> {
  const detail = `No heartbeat for more than ${stallMs / 1000} s`;
  const reaped: Reaped[] = [];
  const alive = livingHeartbeats({ stallMs });
  // Jobs whose release is refused would be found again each time, in place of those behind them.
  const leftOut = [...held];
  for (let full = true; full;) {
    const orphans = await store.orphans({ alive, held: leftOut, limit: SWEEP_LIMIT });
    const settlements = judgeDeaths(orphans, { event: "stalled", detail, crashLimit: null });
    const freed = await reap(store, orphans, settlements);
    reaped.push(...freed);
    const isFreed = new Set(freed.map(leaseKey));
    leftOut.push(...orphans.filter((orphan) => !isFreed.has(leaseKey(orphan))));
    full = orphans.length === SWEEP_LIMIT && leftOut.length < held.length + MAX_REFUSED;
  }
  return reaped;
}

interface ProcessReaping {
  readonly crashLimit: number;
  /** Why its jobs are not charged for its end; null: they are. */
  readonly excuse: string | null;
  /**
   * These jobs are left alone. This process was taken for dead, and after a failover its old state may be back, with
   * leases that are valid again.
   */
  readonly held: readonly Lease[];
}

/**
 * Reaps all jobs of a dead process; null: of processes without a row. Yields them slice by slice, each when it is
 * durable. What an error or the death of this process leaves over, the next try judges as this one would have.
 */
export async function* reapProcess(
  store: Reapable,
  process: string | null,
  { crashLimit, excuse, held }: ProcessReaping,
): AsyncGenerator<Reaped[]> {
  const found = await store.orphans({ process, limit: RECOVERY_LIMIT });
  const ours = new Set(held.map(leaseKey));
  const slices = inSlices(found.filter((orphan) => !ours.has(leaseKey(orphan))), RECOVERY_SLICE);
  const death: Death = excuse === null
    ? { event: "crashed", detail: "The process died", crashLimit }
    : { event: "released", detail: excuse, crashLimit: null };
  const settlements = judgeDeaths(slices.flat(), death);
  for (const orphans of slices) yield await reap(store, orphans, settlements.splice(0, orphans.length));
}

/**
 * One call, which is one transaction unless the store refuses one of them: if the process dies on the way, either all of
 * these jobs are settled or none, so that no death is charged twice.
 *
 * A job may move before that: its holder settles it, an operator cancels it, another process reaps it. That is
 * harmless, because the lease lets only the first write win. A heartbeat in between comes too late, as it would a
 * moment later.
 */
async function reap(
  store: Reapable,
  orphans: readonly Orphan[],
  settlements: readonly Release[],
): Promise<Reaped[]> {
  // Nothing waits for a job that is locked: a sweep finds it once it is free, and its consumer silent.
  const free = settlements.flatMap((settlement, i) => {
    const orphan = orphans[i];
    return orphan === undefined || orphan.isLocked === true ? [] : [{ orphan, settlement }];
  });
  if (free.length === 0) return [];
  const isSettled = await settleAll(store, free);
  return free.flatMap(({ orphan, settlement }, i) => isSettled[i] ? [toReaped(orphan, settlement)] : []);
}

interface Judged {
  readonly orphan: Orphan;
  readonly settlement: Release;
}

/** A trigger made by hand may refuse some of them: then each is settled alone, so that only the refused ones are left. */
async function settleAll(store: Reapable, judged: readonly Judged[]): Promise<boolean[]> {
  try {
    return await store.settle(judged.map(({ settlement }) => settlement));
  } catch (error) {
    if (!(error instanceof RejectedWrite)) throw error;
  }
  const isSettled: boolean[] = [];
  for (const one of judged) isSettled.push(await settleOne(store, one));
  return isSettled;
}

async function settleOne(store: Reapable, { orphan, settlement }: Judged): Promise<boolean> {
  try {
    const [isSettled = false] = await store.settle([settlement]);
    return isSettled;
  } catch (error) {
    if (!(error instanceof RejectedWrite)) throw error;
    store.onRefused(orphan, error);
    return false;
  }
}

function toReaped({ seq, lease, id, kind, consumerId }: Orphan, settlement: Release): Reaped {
  const status = settlement.charge?.status ?? MOVES.release.to;
  return { seq, lease, id, kind, consumerId, status, wasRunning: settlement.report !== undefined };
}
