/**
 * Watches the threads from outside: takes back jobs that they do not get to, tells running jobs to stop, and finds
 * threads that must be replaced but cannot report it themselves.
 */
import { type Claimed, sleep } from "@persistent-queue/queue";
import type { CancelReason, Result } from "../protocol.ts";
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";

// Threads that cannot report ----------------------------------------------------------------------------------

export interface ThreadWatchOptions {
  readonly consumers: ReadonlyMap<string, ConsumerHandle>;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** The job still runs although its deadline has long passed. */
  readonly onOverdue: (handle: ConsumerHandle, result: Result) => void;
  /** The thread runs no job, and does not begin the one that it was given. */
  readonly onStuck: (consumerId: string, why: string) => void;
  /** The thread runs no job, has none left to begin, and does not report how the last ones ended. */
  readonly onNoReport: (consumerId: string, why: string) => void;
}

const LOOK_MS = 100;
/** A second, counted in looks, so that no thread is blamed when the supervisor itself was held up. */
const PATIENCE = 10;
/** A healthy thread takes microseconds; on a busy machine one may wait a second or two for a processor. */
const PATIENCE_WHILE_IDLE = 30;
/** A handler that was told of its deadline has five seconds, then its own thread cuts it off. */
const PATIENCE_ONCE_TOLD = 70;

/** What was observed of one handle so far. */
interface Seen {
  ticket: number;
  /** When the job was first seen with a deadline. */
  since: number;
  overdue: number;
  idle: number;
}

/** Finds jobs past their deadline, jobs that were given out and never begin, and jobs that ended without a report. */
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
    // While the module of its handler loads there is no deadline yet.
    if (inFlight.ticket !== seen.ticket || handle.state.deadlineMs === 0) {
      Object.assign(seen, { ticket: inFlight.ticket, since: this.#options.clock(), overdue: 0 });
    }
    this.#lookAtDeadline(handle, inFlight, seen);
  }

  #giveUp(handle: ConsumerHandle): void {
    const { onStuck, onNoReport } = this.#options;
    if (handle.hasUnbegun) onStuck(handle.consumerId, "It did not begin a job that was given to it");
    else onNoReport(handle.consumerId, "It did not say how its last job ended");
  }

  #hasProgressed({ progressAt }: ConsumerHandle): boolean {
    return this.#options.clock() - progressAt < LOOK_MS;
  }

  #lookAtDeadline(handle: ConsumerHandle, inFlight: InFlightJob, seen: Seen): void {
    const { deadlineMs, isDeadlineTold } = handle.state;
    const ranMs = this.#options.clock() - seen.since;
    if (deadlineMs === 0 || ranMs <= deadlineMs) return;
    seen.overdue += 1;
    if (seen.overdue <= (isDeadlineTold ? PATIENCE_ONCE_TOLD : PATIENCE)) return;
    const error = `It ran past its deadline of ${deadlineMs / 1000} s, and was cut off with its thread`;
    this.#options.onOverdue(handle, {
      ticket: inFlight.ticket,
      outcome: { type: "timed-out", error },
      ranMs,
    });
  }
}

// Jobs that must stop ------------------------------------------------------------------------------------------

export interface StopOrdersOptions {
  readonly consumers: ReadonlyMap<string, ConsumerHandle>;
  /** Fires when the system stops, which ends whatever is still running. */
  readonly signal: AbortSignal;
  readonly onIgnored: (consumerId: string, why: string) => void;
}

/** A handler that still runs this long after its signal fired is cut off with its thread. */
const STOP_GRACE_MS = 5_000;
/** A thread that has not confirmed the order by then does not listen: it is computing, and its signal never fires. */
const CONFIRM_MS = 1_000;

/** Tells running jobs to stop, and cuts off the thread of one that does not. */
export class StopOrders {
  readonly #options: StopOrdersOptions;

  constructor(options: StopOrdersOptions) {
    this.#options = options;
  }

  give(handle: ConsumerHandle, inFlight: InFlightJob, reason: CancelReason): void {
    inFlight.canceled = reason;
    handle.post({ type: "cancel", ticket: inFlight.ticket, reason });
    this.#cutOff(handle, inFlight, { afterMs: CONFIRM_MS, unless: () => inFlight.isTold });
    this.#cutOff(handle, inFlight, { afterMs: STOP_GRACE_MS, unless: () => false });
  }

  giveAll(reason: CancelReason): void {
    for (const handle of this.#options.consumers.values()) {
      for (const inFlight of handle.inFlight.values()) this.give(handle, inFlight, reason);
    }
  }

  async #cutOff(
    handle: ConsumerHandle,
    inFlight: InFlightJob,
    { afterMs, unless }: { readonly afterMs: number; readonly unless: () => boolean },
  ): Promise<void> {
    const { consumers, signal, onIgnored } = this.#options;
    await sleep(afterMs, signal);
    const isOver = signal.aborted || consumers.get(handle.consumerId) !== handle ||
      !handle.inFlight.has(inFlight.ticket);
    if (isOver || unless()) return;
    onIgnored(
      handle.consumerId,
      `A handler went on for ${afterMs / 1000} s after its job was ${inFlight.canceled}`,
    );
  }
}

// Jobs that a thread does not get to ------------------------------------------------------------------------------

export interface PrefetchReturnOptions {
  readonly consumers: ReadonlyMap<string, ConsumerHandle>;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  readonly onBack: (jobs: readonly Claimed[]) => void;
}

/** A consumer that is still on one job after this gives back what it has not begun. */
const LONG_JOB_MS = 50;
const PREFETCH_LOOK_MS = 25;

/**
 * Takes jobs back from consumers that turn out to run a long one, so that other consumers can run them. The thread need
 * not even be listening: see `tickets.ts`.
 */
export class PrefetchReturn {
  readonly #options: PrefetchReturnOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: PrefetchReturnOptions) {
    this.#options = options;
  }

  /** Checks repeatedly while any consumer has more than one job in flight. */
  watch(): void {
    if (this.#stopped || this.#timer !== undefined || this.#prefetching().length === 0) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#look();
      this.watch();
    }, PREFETCH_LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #look(): void {
    const latest = this.#options.clock() - LONG_JOB_MS;
    const slow = this.#prefetching().filter((handle) => handle.progressAt < latest);
    // A retry that goes back waits behind everything added before it, so it goes back only if another consumer is idle.
    const isAnyIdle = [...this.#options.consumers.values()].some(({ isIdle }) => isIdle);
    const back = slow.flatMap((handle) => handle.takeBackUnbegun({ isAnyIdle })).map(({ job }) => job);
    if (back.length > 0) this.#options.onBack(back);
  }

  #prefetching(): ConsumerHandle[] {
    return [...this.#options.consumers.values()].filter((handle) => handle.inFlight.size > 1);
  }
}
