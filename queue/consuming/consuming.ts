/** Claims jobs, renews their leases, and settles their attempts: writes the outcome and emits the events. */
import { hostChannel } from "../capabilities.ts";
import type { QueueEvent } from "../events.ts";
import { isFinished, type Lease, leaseKey } from "../job.ts";
import type { Presence } from "../maintenance/presence.ts";
import type { QueueParts } from "../options.ts";
import { decide } from "../policy/policy.ts";
import type { Attempted, Consumer } from "../roles.ts";
import type { Ending, Verdict } from "../ending.ts";
import type { ClaimAnswer, Claimed, ClaimRequest } from "../store.ts";
import { ClaimBackoff } from "./claim_backoff.ts";

export class Consuming implements Consumer {
  readonly #parts: QueueParts;
  readonly #presence: Presence;
  /** Null where jobs are claimed by one process alone: there a claim that finds nothing has prepared the next one. */
  readonly #backoff: ClaimBackoff | null;
  /** The leases of jobs that are to blame for a death, while that is not stored. */
  readonly #charged = new Set<string>();
  /** The kinds that are claimed here: the same list until they change. */
  #kinds: readonly string[];
  /** Null once it is settled. */
  #ready: Promise<unknown> | null = null;

  constructor(parts: QueueParts, presence: Presence) {
    this.#parts = parts;
    const isShared = hostChannel(parts.store) !== null;
    this.#backoff = isShared ? new ClaimBackoff(() => parts.store.now()) : null;
    this.#presence = presence;
    this.#kinds = parts.options.kinds;
  }

  /** A job is to blame for a death, and that is not stored. */
  get owesCharge(): boolean {
    return this.#charged.size > 0;
  }

  get maxPrefetch(): number {
    return this.#parts.store.maxPrefetch;
  }

  now(): number {
    return this.#parts.store.now();
  }

  async claim(requests: readonly ClaimRequest[]): Promise<ClaimAnswer> {
    const { store, health, clock, totals, events } = this.#parts;
    if (this.#ready !== null) await this.#ready;
    if (this.#presence.isStale) await this.#presence.refresh();
    const kinds = this.#kinds;
    const answer = await clock.around((setBack) => health.observe(store.claim(requests, { kinds, setBack })));
    totals.claimed(answer.claimed);
    if (answer.claimed.length > 0) events.emit({ type: "claimed", count: answer.claimed.length });
    return { ...answer, nextRunAt: this.#nextClaimAt(answer) };
  }

  claimAfter(ready: Promise<unknown>): void {
    this.#ready = ready.catch(() => {}).finally(() => this.#ready = null);
  }

  claimExcept(broken: ReadonlySet<string>): void {
    const { events, options } = this.#parts;
    this.#kinds = options.kinds.filter((kind) => !broken.has(kind));
    events.emit({ type: "kinds-changed" });
  }

  #nextClaimAt(answer: ClaimAnswer): ClaimAnswer["nextRunAt"] {
    if (this.#backoff === null) return answer.nextRunAt;
    const at = this.#backoff.nextClaimAt(answer);
    // Not every caller awaits it.
    at.catch(() => {});
    return at;
  }

  /** In the same transaction the process shows that it is alive. */
  async renew(leases: readonly Lease[]): Promise<boolean[]> {
    const { store, health, clock } = this.#parts;
    clock.observe();
    const [renewed] = await Promise.all([health.observe(store.renew(leases)), this.#presence.beat()]);
    return renewed;
  }

  async settle(attempts: readonly Attempted[]): Promise<Verdict[]> {
    const { store, health, events, options } = this.#parts;
    const settlements = attempts.map(({ job, outcome }) => (
      { seq: job.seq, lease: job.lease, ...decide(job, outcome, options) }
    ));
    for (const ending of settlements) if (isCharge(ending)) this.#charged.add(leaseKey(ending));
    const held = await health.observe(store.settle(settlements));
    if (this.owesCharge) settlements.forEach((ending) => this.#charged.delete(leaseKey(ending)));
    const verdicts = attempts.map((attempt, i) => {
      const [ending, isHeld] = [settlements[i], held[i]];
      if (ending === undefined || isHeld === undefined) {
        throw new TypeError("The store left out a settlement.");
      }
      return this.#toVerdict(attempt, isHeld ? ending : null);
    });
    // Completed jobs are reported only as a number: there are many, and they need no details.
    const count = settlements.filter(({ verb }, i) => verb === "complete" && held[i]).length;
    if (count > 0) events.emit({ type: "completed", count });
    return verdicts;
  }

  /** Counts and reports the end of an attempt. `ending`: null if the lease was lost and nothing was written. */
  #toVerdict({ job, ranMs }: Attempted, ending: Ending | null): Verdict {
    const { totals, runTimes, events, options } = this.#parts;
    totals.settled(job, ending);
    if (ending !== null && ranMs !== undefined) runTimes.observe(job.kind, ranMs);
    if (ending === null) {
      events.emit({ type: "fenced", id: job.id, consumerId: job.consumerId });
      return { type: "lost" };
    }
    if (ending.verb === "complete") return { type: "stored" };
    for (const event of eventsOf(job, ending, options.retryDelaysMs.length)) events.emit(event);
    return ending.verb === "retry"
      ? { type: "again", delayMs: ending.delayMs, retries: ending.retries }
      : { type: "stored" };
  }
}

function isCharge(ending: Ending): boolean {
  return ending.verb === "release" && ending.charge !== null;
}

/** `retries`: how many retries there are in all. A completed job has no event of its own. */
function* eventsOf({ id, consumerId }: Claimed, ending: Ending, retries: number): Generator<QueueEvent> {
  switch (ending.verb) {
    case "retry": {
      const { delayMs, detail: error } = ending;
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
