/**
 * Claims for whoever has room: at once when something may have come, and not at all while nothing can be there.
 */
import { type Claimed, type ClaimRequest, type Consumer, StorageError } from "@persistent-queue/queue";
import type { Desk } from "./desk.ts";

export interface IntakeOptions {
  readonly queue: Consumer;
  readonly desks: ReadonlyMap<string, Desk>;
  /** Milliseconds since 1970, as the queue counts. */
  readonly now: () => number;
  readonly onClaimed: (jobs: readonly Claimed[]) => void;
  readonly onError: (error: unknown) => void;
}

const MOST_IN_HAND = 64;
const STORAGE_RETRY_MS = 500;
/** Timers cannot wait for longer than 2^31 ms, and a clock may be set: look again by then. */
const LONGEST_SLEEP_MS = 60_000;

export class Intake {
  readonly #options: IntakeOptions;
  /** Grows whenever a claim may find something that the claim before it could not. */
  #wakes = 0;
  /** The last claim found less than was asked for, and nothing has happened since. */
  #dry = false;
  /** The last claim found all that was asked for: look-ahead takes nothing from anybody. */
  #plenty = false;
  #suspectRequested = false;
  #stopped = false;
  #dueTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** There may be something to claim. */
  wake(): void {
    this.#wakes += 1;
    this.#dry = false;
    this.fill();
  }

  /** Somebody may have room. */
  fill(): void {
    if (this.#stopped || this.#dry) return;
    const requests = this.#requests();
    if (requests.length > 0) this.#claim(requests);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#dueTimer);
  }

  /** Whoever has had nothing for the longest comes first; whoever has a retry coming is last in line for new work. */
  #requests(): ClaimRequest[] {
    const most = this.#plenty ? MOST_IN_HAND : 1;
    const desks = [...this.#options.desks.values()]
      .map((desk) => ({ desk, limit: desk.room(most) }))
      .filter(({ limit }) => limit > 0)
      .sort((a, b) => a.desk.waiting.size - b.desk.waiting.size || a.desk.progressAt - b.desk.progressAt);
    const requests = desks.map(({ desk: { consumerId }, limit }) => ({ consumerId, limit, suspect: false }));
    const first = desks[0]?.desk;
    if (first === undefined || this.#suspectRequested || this.#holdsSuspect()) return requests;
    return [{ consumerId: first.consumerId, limit: 1, suspect: true }, ...requests];
  }

  #holdsSuspect(): boolean {
    for (const desk of this.#options.desks.values()) if (desk.hasSuspect) return true;
    return false;
  }

  async #claim(requests: readonly ClaimRequest[]): Promise<void> {
    const { queue, now, onClaimed, onError } = this.#options;
    const wakes = this.#wakes;
    const suspectAsked = requests.some(({ suspect }) => suspect);
    this.#reserve(requests, 1);
    this.#suspectRequested ||= suspectAsked;
    try {
      const { claimed, nextRunAt } = await queue.claim(requests);
      if (claimed.length > 0) onClaimed(claimed);
      this.#plenty = claimed.length >= requests.reduce((sum, { limit, suspect }) =>
        suspect ? sum : sum + limit, 0);
      if (!this.#plenty && wakes === this.#wakes) this.#sleepUntil(nextRunAt);
    } catch (error) {
      if (!(error instanceof StorageError)) onError(error);
      if (wakes === this.#wakes) this.#sleepUntil(now() + STORAGE_RETRY_MS);
    } finally {
      this.#reserve(requests, -1);
      if (suspectAsked) this.#suspectRequested = false;
    }
    this.fill();
  }

  #reserve(requests: readonly ClaimRequest[], sign: 1 | -1): void {
    for (const { consumerId, limit, suspect } of requests) {
      const desk = this.#options.desks.get(consumerId);
      if (desk !== undefined && !suspect) desk.requested += sign * limit;
    }
  }

  /** Nothing to claim until somebody wakes us, or the next job is due. */
  #sleepUntil(at: number | null): void {
    this.#dry = true;
    clearTimeout(this.#dueTimer);
    if (this.#stopped) return;
    const ms = at === null
      ? LONGEST_SLEEP_MS
      : Math.min(Math.max(at - this.#options.now(), 1), LONGEST_SLEEP_MS);
    this.#dueTimer = setTimeout(() => this.wake(), ms);
  }
}
