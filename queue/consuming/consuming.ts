/** Claims jobs, keeps their leases, and ends their attempts: what is written, and which events are emitted. */
import type { QueueEvent } from "../events.ts";
import { isFinished, type Lease } from "../job.ts";
import type { QueueParts } from "../options.ts";
import { decide } from "./policy.ts";
import type { Consumer, Outcome, Verdict } from "../roles.ts";
import type { ClaimAnswer, Claimed, ClaimRequest, Ending } from "../store.ts";

export interface Settled {
  readonly job: Claimed;
  readonly ending: Ending;
  /** False if the lease was lost and nothing was written. */
  readonly isHeld: boolean;
}

export class Consuming implements Consumer {
  readonly #parts: QueueParts;

  constructor(parts: QueueParts) {
    this.#parts = parts;
  }

  async claim(requests: readonly ClaimRequest[]): Promise<ClaimAnswer> {
    const { store, health, clock, totals, events, options: { kinds } } = this.#parts;
    const answer = await clock.around((now, setBack) =>
      health.observe(store.claim(requests, now, { kinds, setBack }))
    );
    totals.claimed(answer.claimed);
    if (answer.claimed.length > 0) events.emit({ type: "claimed", count: answer.claimed.length });
    return answer;
  }

  renew(leases: readonly Lease[]): Promise<boolean[]> {
    const { store, health, clock } = this.#parts;
    return health.observe(store.renew(leases, clock.now()));
  }

  async settle(attempts: readonly { job: Claimed; outcome: Outcome }[]): Promise<Verdict[]> {
    const { store, health, totals, options } = this.#parts;
    const now = options.now();
    const policy = { ...options, now };
    const settlements = attempts.map(({ job, outcome }) => (
      { seq: job.seq, lease: job.lease, at: now, ...decide(job, outcome, policy) }
    ));
    const held = await health.observe(store.settle(settlements));
    const settled = attempts.map(({ job }, i) => toSettled(job, settlements[i], held[i]));
    totals.settled(settled);
    this.#tell(settled, now);
    return settled.map((one) => toVerdict(one, now));
  }

  /** Completed jobs are reported as a number: they are many, and need no details. */
  #tell(settled: readonly Settled[], now: number): void {
    const { events, options } = this.#parts;
    let completed = 0;
    for (const { job, ending, isHeld } of settled) {
      if (!isHeld) events.emit({ type: "fenced", id: job.id, consumerId: job.consumerId });
      else if (ending.verb === "complete") completed += 1;
      else {for (const event of eventsOf(job, ending, { now, retries: options.retryDelaysMs.length })) {
          events.emit(event);
        }}
    }
    if (completed > 0) events.emit({ type: "completed", count: completed });
  }
}

function toSettled(job: Claimed, ending: Ending | undefined, isHeld: boolean | undefined): Settled {
  if (ending === undefined || isHeld === undefined) throw new TypeError("The store left out a settlement.");
  return { job, ending, isHeld };
}

function toVerdict({ ending, isHeld }: Settled, now: number): Verdict {
  if (!isHeld) return { type: "lost" };
  return ending.verb === "retry"
    ? { type: "again", delayMs: ending.runAt - now, retries: ending.retries }
    : { type: "stored" };
}

/** `retries`: how many there are in all. A completed job has no event of its own. */
function* eventsOf(
  { id, consumerId }: Claimed,
  ending: Ending,
  { now, retries }: { readonly now: number; readonly retries: number },
): Generator<QueueEvent> {
  switch (ending.verb) {
    case "retry": {
      const { detail: error } = ending;
      const delayMs = ending.runAt - now;
      if (ending.event === "postponed") yield { type: "postponed", id, consumerId, delayMs, error };
      else yield { type: "retrying", id, consumerId, attempt: ending.retries, of: retries, delayMs, error };
      return;
    }
    case "exhaust":
      yield { type: "exhausted", id, consumerId, error: ending.error, cause: "retries" };
      return;
    case "fail":
      yield { type: "failed", id, consumerId, error: ending.error };
      return;
    case "release": {
      const { event: why, charge } = ending;
      if (why === null) return;
      const detail = ending.detail ?? why;
      yield { type: "released", id, consumerId, why, detail };
      if (charge === null || !isFinished(charge.status)) return;
      yield { type: "exhausted", id, consumerId, error: detail, cause: "crashes" };
    }
  }
}
