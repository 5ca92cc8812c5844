/** Claims for consumers that have room: at once when a job may have arrived, and not at all while there can be none. */
import {
  type ClaimAnswer,
  type Claimed,
  type ClaimRequest,
  type Consumer,
  type Lease,
  MOVES,
  type QueueEvent,
  StorageError,
} from "@persistent-queue/queue";
import { atTime } from "./waits.ts";
import type { ConsumerHandle } from "./consumer_handle.ts";

export interface ClaimerOptions {
  readonly queue: Consumer;
  readonly consumers: ReadonlyMap<string, ConsumerHandle>;
  /** Milliseconds since 1970, by the queue's clock. */
  readonly now: () => number;
  readonly onClaimed: (jobs: readonly Claimed[]) => void;
  readonly onError: (error: unknown) => void;
  /** Called whenever no claim is in progress. */
  readonly onIdle: () => void;
}

/** Jobs per claim. A transaction may end between two claims, which is what page requests wait for. */
const MAX_PER_CLAIM = 256;
const STORAGE_RETRY_MS = 500;

export class Claimer {
  readonly #options: ClaimerOptions;
  /** Grows whenever a claim may find something that the previous one could not. */
  #wakes = 0;
  /** The last claim found fewer jobs than requested, and nothing has happened since. */
  #isDrained = false;
  /** The last claim found all the jobs that were requested, so a prefetch takes nothing from other consumers. */
  #hasBacklog = false;
  #suspectRequested = false;
  /** Jobs that were withdrawn during a claim: their leases by `seq`. */
  readonly #withdrawn = new Map<number, number>();
  #underWay = 0;
  #stopped = false;
  #cancelTimer = () => {};

  constructor(options: ClaimerOptions) {
    this.#options = options;
  }

  /** There may be something to claim. */
  wake(): void {
    this.#wakes += 1;
    this.#isDrained = false;
    this.fill();
  }

  /** The job was canceled or swept: if it is on its way from the store, it is not passed on. */
  withdraw({ seq, lease }: Lease): void {
    if (!this.isIdle) this.#withdrawn.set(seq, lease);
  }

  /** A consumer may have room. */
  fill(): void {
    if (this.#stopped || this.#isDrained) return;
    for (const requests of inBatches(this.#requests())) this.#claim(requests);
  }

  /** Whether no claim is on its way to the store or back. */
  get isIdle(): boolean {
    return this.#underWay === 0;
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelTimer();
  }

  /** The consumer that has been idle longest comes first; those with the most jobs waiting for a retry come last. */
  #requests(): ClaimRequest[] {
    const most = this.#hasBacklog ? this.#options.queue.maxPrefetch : 1;
    const consumers = [...this.#options.consumers.values()]
      .map((handle) => ({ handle, limit: handle.room(most) }))
      .filter(({ limit }) => limit > 0)
      .sort((a, b) =>
        a.handle.waiting.size - b.handle.waiting.size || a.handle.progressAt - b.handle.progressAt
      );
    const requests = consumers.map(({ handle: { consumerId }, limit }) => ({
      consumerId,
      limit,
      suspect: false,
    }));
    const first = consumers[0]?.handle;
    if (first === undefined || this.#suspectRequested || this.#holdsSuspect()) return requests;
    return [{ consumerId: first.consumerId, limit: 1, suspect: true }, ...requests];
  }

  #holdsSuspect(): boolean {
    for (const handle of this.#options.consumers.values()) if (handle.hasSuspect) return true;
    return false;
  }

  async #claim(requests: readonly ClaimRequest[]): Promise<void> {
    const { now, onError, onIdle } = this.#options;
    const wakes = this.#wakes;
    this.#underWay += 1;
    try {
      const { nextRunAt } = await this.#claimAndDeliver(requests);
      if (!this.#hasBacklog) {
        const at = await nextRunAt;
        if (wakes === this.#wakes) this.#sleepUntil(at);
      }
    } catch (error) {
      if (!(error instanceof StorageError)) onError(error);
      if (wakes === this.#wakes) this.#sleepUntil(now() + STORAGE_RETRY_MS);
    } finally {
      this.#underWay -= 1;
      if (this.isIdle) {
        this.#withdrawn.clear();
        onIdle();
      }
    }
    this.fill();
  }

  /** Claims, and passes the jobs on. Returns when more become due. */
  async #claimAndDeliver(requests: readonly ClaimRequest[]): Promise<Pick<ClaimAnswer, "nextRunAt">> {
    const { queue, onClaimed } = this.#options;
    const suspectAsked = requests.some(({ suspect }) => suspect);
    this.#countRequested(requests, 1);
    this.#suspectRequested ||= suspectAsked;
    try {
      const { claimed, nextRunAt } = await queue.claim(requests);
      const wanted = claimed.filter(({ seq, lease }) => lease > (this.#withdrawn.get(seq) ?? -1));
      if (wanted.length > 0) onClaimed(wanted);
      this.#hasBacklog = gotAll(claimed, requests);
      return { nextRunAt };
    } finally {
      this.#countRequested(requests, -1);
      if (suspectAsked) this.#suspectRequested = false;
    }
  }

  #countRequested(requests: readonly ClaimRequest[], sign: 1 | -1): void {
    for (const { consumerId, limit, suspect } of requests) {
      const handle = this.#options.consumers.get(consumerId);
      if (handle !== undefined && !suspect) handle.requested += sign * limit;
    }
  }

  /** Claims nothing until `wake` is called or the next job is due. */
  #sleepUntil(at: number | null): void {
    this.#isDrained = true;
    this.#cancelTimer();
    if (this.#stopped) return;
    this.#cancelTimer = atTime({ at, now: this.#options.now }, () => this.wake());
  }
}

/** Whether the claim found every job requested. A consumer that got a suspect gets nothing else, however much there is. */
function gotAll(claimed: readonly Claimed[], requests: readonly ClaimRequest[]): boolean {
  const alone = claimed.find(({ suspect }) => suspect)?.consumerId;
  const asked = requests.filter(({ suspect, consumerId }) => !suspect && consumerId !== alone);
  return claimed.filter(({ suspect }) => !suspect).length >= asked.reduce((sum, { limit }) => sum + limit, 0);
}

/** Splits the requests into claims, in the same order. */
function inBatches(requests: readonly ClaimRequest[]): ClaimRequest[][] {
  const parts: ClaimRequest[][] = [];
  let room = 0;
  for (const request of requests) {
    if (request.limit > room) {
      parts.push([]);
      room = MAX_PER_CLAIM;
    }
    parts.at(-1)?.push(request);
    room -= request.limit;
  }
  return parts;
}

/**
 * If the store takes calls in order, jobs that arrive are claimed in the turn that stores them. A second wake-up
 * follows when they are stored. With other stores it is the only useful one, because the first claim would run too
 * early and find nothing.
 */
export function mayBringJobs(event: QueueEvent): boolean {
  switch (event.type) {
    case "arriving":
    case "enqueued":
    case "swept":
    case "kinds-changed":
    // Another program may have added jobs; a lease that it took away is noticed at the next heartbeat.
    case "changed-outside":
      return true;
    case "moved":
      return MOVES[event.verb].to === "PENDING";
    default:
      return false;
  }
}
