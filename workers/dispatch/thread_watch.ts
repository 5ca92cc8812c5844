/**
 * Watches the threads from outside for what they cannot report themselves: a job past its deadline, a job
 * that was given and never begins, or a job that has ended and whose report never comes.
 */
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";

export interface ThreadWatchOptions {
  readonly consumers: ReadonlyMap<string, ConsumerHandle>;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** The job still runs although its deadline has long passed. */
  readonly onOverdue: (handle: ConsumerHandle, inFlight: InFlightJob, error: string) => void;
  /** It runs no job, and begins none. */
  readonly onDeaf: (consumerId: string, why: string) => void;
  /** It runs no job, has none, and does not report how the last ones ended. */
  readonly onMute: (consumerId: string, why: string) => void;
}

const LOOK_MS = 100;
/** A second, counted in looks: when the supervisor itself was held up, no thread is to blame. */
const PATIENCE = 10;
/** A healthy thread takes microseconds; one that waits for a processor of a busy machine may take a second or two. */
const PATIENCE_WHILE_IDLE = 30;
/** A handler that was told of its deadline has five seconds, then its own thread cuts it off. */
const PATIENCE_ONCE_TOLD = 70;

/** What was seen of one handle so far. */
interface Seen {
  ticket: number;
  since: number;
  overdue: number;
  idle: number;
}

export class ThreadWatch {
  readonly #options: ThreadWatchOptions;
  readonly #seen = new WeakMap<ConsumerHandle, Seen>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: ThreadWatchOptions) {
    this.#options = options;
  }

  /** Looks repeatedly while any job is in flight. */
  watch(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    if (![...this.#options.consumers.values()].some((handle) => handle.inFlight.size > 0)) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const handle of [...this.#options.consumers.values()]) this.#look(handle);
      this.watch();
    }, LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #look(handle: ConsumerHandle): void {
    const inFlight = handle.underWay;
    const seen = this.#seen.get(handle) ?? { ticket: -1, since: 0, overdue: 0, idle: 0 };
    this.#seen.set(handle, seen);
    seen.idle = inFlight === null && handle.inFlight.size > 0 && !this.#hasProgressed(handle)
      ? seen.idle + 1
      : 0;
    if (seen.idle > PATIENCE_WHILE_IDLE) return this.#giveUp(handle);
    if (inFlight === null) return;
    if (inFlight.ticket !== seen.ticket) {
      Object.assign(seen, { ticket: inFlight.ticket, since: this.#options.clock(), overdue: 0 });
    }
    this.#lookAtDeadline(handle, inFlight, seen);
  }

  #giveUp(handle: ConsumerHandle): void {
    const { onDeaf, onMute } = this.#options;
    if (handle.hasUnbegun) onDeaf(handle.consumerId, "It did not begin a job that was given to it");
    else onMute(handle.consumerId, "It did not say how its last job ended");
  }

  #hasProgressed({ progressAt }: ConsumerHandle): boolean {
    return this.#options.clock() - progressAt < LOOK_MS;
  }

  #lookAtDeadline(handle: ConsumerHandle, inFlight: InFlightJob, seen: Seen): void {
    const { deadlineMs, isDeadlineTold } = handle.state;
    if (deadlineMs === 0 || this.#options.clock() - seen.since <= deadlineMs) return;
    seen.overdue += 1;
    if (seen.overdue <= (isDeadlineTold ? PATIENCE_ONCE_TOLD : PATIENCE)) return;
    const error = `It ran past its deadline of ${deadlineMs / 1000} s, and was cut off with its thread`;
    this.#options.onOverdue(handle, inFlight, error);
  }
}
