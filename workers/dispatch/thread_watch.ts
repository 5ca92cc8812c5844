/**
 * Watches the threads from outside for what they cannot report themselves: a job past its deadline, a job
 * that was given and never begins, or a job that has ended and whose report never comes.
 */
import type { Desk, Held } from "./desk.ts";

export interface ThreadWatchOptions {
  readonly desks: ReadonlyMap<string, Desk>;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** The job still runs although its deadline has long passed. */
  readonly onOverdue: (desk: Desk, held: Held, error: string) => void;
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

/** What was seen of one desk so far. */
interface Seen {
  ticket: number;
  since: number;
  overdue: number;
  idle: number;
}

export class ThreadWatch {
  readonly #options: ThreadWatchOptions;
  readonly #seen = new WeakMap<Desk, Seen>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(options: ThreadWatchOptions) {
    this.#options = options;
  }

  /** Looks repeatedly while any job is in flight. */
  watch(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    if (![...this.#options.desks.values()].some((desk) => desk.held.size > 0)) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      for (const desk of [...this.#options.desks.values()]) this.#look(desk);
      this.watch();
    }, LOOK_MS);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #look(desk: Desk): void {
    const held = desk.underWay;
    const seen = this.#seen.get(desk) ?? { ticket: -1, since: 0, overdue: 0, idle: 0 };
    this.#seen.set(desk, seen);
    seen.idle = held === null && desk.held.size > 0 && !this.#hasProgressed(desk) ? seen.idle + 1 : 0;
    if (seen.idle > PATIENCE_WHILE_IDLE) return this.#giveUp(desk);
    if (held === null) return;
    if (held.ticket !== seen.ticket) {
      Object.assign(seen, { ticket: held.ticket, since: this.#options.clock(), overdue: 0 });
    }
    this.#lookAtDeadline(desk, held, seen);
  }

  #giveUp(desk: Desk): void {
    const { onDeaf, onMute } = this.#options;
    if (desk.hasUnbegun) onDeaf(desk.consumerId, "It did not begin a job that was given to it");
    else onMute(desk.consumerId, "It did not say how its last job ended");
  }

  #hasProgressed({ progressAt }: Desk): boolean {
    return this.#options.clock() - progressAt < LOOK_MS;
  }

  #lookAtDeadline(desk: Desk, held: Held, seen: Seen): void {
    const { deadlineMs, isDeadlineTold } = desk.state;
    if (deadlineMs === 0 || this.#options.clock() - seen.since <= deadlineMs) return;
    seen.overdue += 1;
    if (seen.overdue <= (isDeadlineTold ? PATIENCE_ONCE_TOLD : PATIENCE)) return;
    const error = `It ran past its deadline of ${deadlineMs / 1000} s, and was cut off with its thread`;
    this.#options.onOverdue(desk, held, error);
  }
}
