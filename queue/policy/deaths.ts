/**
 * Decides what the death or silence of a holder means for the jobs that it held: which are charged, which become
 * suspects, and which become UNPROCESSABLE. Pure functions only; a store writes the values that they return.
 */
import { type Lease, MOVES } from "../job.ts";
import type { Charge, Settlement } from "../ending.ts";
import type { Orphan, SilentConsumers } from "../store.ts";

/** A heartbeat further in the future is ignored: the clock was changed, or the row was edited by hand. */
const CLOCK_SLACK_MS = 60_000;

/** The range of heartbeats of consumers that are alive. */
export function livingHeartbeats({ stallMs }: { readonly stallMs: number }): SilentConsumers["alive"] {
  return { agoMs: stallMs, aheadMs: CLOCK_SLACK_MS };
}

/** How many deaths in a row a request excuses: so a job that kills the process is found even under steady requests. */
const MAX_UNCHARGED = 3;

/** Whether jobs in flight are charged for the death of a process, and the number of uncharged deaths in a row. */
export function judgeDeath(
  { requestInProgress, uncharged }: { readonly requestInProgress: boolean; readonly uncharged: number },
): { readonly isCharged: boolean; readonly uncharged: number } {
  const isCharged = !requestInProgress || uncharged >= MAX_UNCHARGED;
  return { isCharged, uncharged: isCharged ? uncharged : uncharged + 1 };
}

/** The most crashes that a store can hold: the number may have been raised by hand. */
const MAX_CRASHES = 1_000_000;

/** Charges a job with one more crash. One crash below the limit it becomes a suspect, and runs alone. */
export function chargeOf(
  { crashes }: { readonly crashes: number },
  { crashLimit, detail }: { readonly crashLimit: number; readonly detail: string },
): Charge {
  const charged = Math.min(crashes + 1, MAX_CRASHES);
  return {
    status: charged >= crashLimit ? MOVES.exhaust.to : MOVES.release.to,
    crashes: charged,
    suspect: charged >= Math.max(1, crashLimit - 1),
    error: detail,
  };
}

/** A warning counts as one crash. A job that was charged or warned before becomes a suspect instead. */
function warningOf({ crashes }: Orphan): Charge {
  return { status: MOVES.release.to, crashes: Math.max(crashes, 1), suspect: crashes > 0, error: null };
}

/** How a job ends when its holder is dead. */
export type Release = Extract<Settlement, { verb: "release" }>;

export interface Death {
  readonly event: "stalled" | "crashed" | "released";
  readonly detail: string;
  /** Null: no job is charged. */
  readonly crashLimit: number | null;
}

/**
 * The ending of each job that a dead process held.
 *
 * The cause of the death is unknown. A job that ran alone is charged, and becomes UNPROCESSABLE at the limit; so is
 * every suspect that was running. If there was none, every running job is warned, and becomes a suspect at a second
 * such death. So no job fails because of its neighbor, and a single kill from outside slows nothing down.
 */
export function judgeDeaths(orphans: readonly Orphan[], death: Death): Release[] {
  const running = orphans.filter(isRunning);
  const guilty = new Set<Lease>(running.length === 1 ? running : running.filter(({ suspect }) => suspect));
  const chargeIn = (orphan: Orphan): Charge | null => {
    if (death.crashLimit === null || !isRunning(orphan)) return null;
    if (guilty.has(orphan)) return chargeOf(orphan, { crashLimit: death.crashLimit, detail: death.detail });
    return guilty.size === 0 ? warningOf(orphan) : null;
  };
  const { event, detail } = death;
  return orphans.map((orphan) => ({
    ...{ verb: "release", seq: orphan.seq, lease: orphan.lease, event, detail },
    ...{ charge: chargeIn(orphan), isReaped: true },
    ...reportOf(orphan),
  }));
}

/**
 * The jobs of a dead process in slices of at most `most`, for a caller that settles slice after slice. Whatever was
 * settled before, the remaining jobs alone are judged as they were among all: suspects come last, so their neighbors
 * are never judged without them. The other running jobs come before those, and only the first slice is short, so a job
 * that ran beside others is never the only one left.
 */
export function inSlices(orphans: readonly Orphan[], most: number): Orphan[][] {
  const running = orphans.filter(isRunning);
  const line = [
    ...orphans.filter((orphan) => !isRunning(orphan)),
    ...running.filter(({ suspect }) => !suspect),
    ...running.filter(({ suspect }) => suspect),
  ];
  const slices: Orphan[][] = [];
  for (let end = line.length; end > 0; end -= most) slices.unshift(line.slice(Math.max(0, end - most), end));
  return slices;
}

/** Whether an attempt was running, as far as the row shows; false if the job waited for its next attempt. */
function isRunning({ runAt, lastHeartbeat }: Orphan): boolean {
  return lastHeartbeat === null || runAt <= lastHeartbeat;
}

/** The attempt ran at least this long, by its heartbeats. */
function reportOf({ runAt, startedAt, lastHeartbeat }: Orphan): Pick<Settlement, "report"> {
  if (startedAt === null || lastHeartbeat === null || runAt > lastHeartbeat) return {};
  const ranMs = Math.max(0, lastHeartbeat - Math.max(startedAt, runAt));
  return { report: { ranMs, detail: null, log: null } };
}
