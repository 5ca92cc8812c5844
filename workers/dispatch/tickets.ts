/**
 * Which side may begin a job, stored in memory that the supervisor and one thread share. Each job of a thread has a
 * ticket that is never reused. The thread turns OFFERED into BEGUN, the supervisor turns OFFERED into FREE, both by
 * compare-and-swap on a cell that holds the ticket and its state. So a job is either taken back, even from a busy
 * thread that does not listen, or begun, never both. When a thread dies, the cells show which job was running.
 */
import { MAX_IN_FLIGHT } from "../protocol.ts";

const FREE = 0;
const OFFERED = 1;
const BEGUN = 2;
const ENDED = 3;

const CELLS = 4096;

/** Captured before a handler can change them. */
const { compareExchange, load, store } = Atomics;

/** The value of a cell. The product may overflow: tickets that share a cell are `CELLS` apart, so it stays unique. */
function cellOf(ticket: number, state: number): number {
  return (ticket * 4 + state) | 0;
}

export class Tickets {
  readonly shared: SharedArrayBuffer;
  readonly #cells: Int32Array<SharedArrayBuffer>;

  constructor(shared = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT)) {
    this.shared = shared;
    this.#cells = new Int32Array(shared);
  }

  /** Supervisor: gives the ticket out. */
  offer(ticket: number): void {
    store(this.#cells, ticket % CELLS, cellOf(ticket, OFFERED));
  }

  /** Thread: false = it was revoked. */
  begin(ticket: number): boolean {
    return this.#commits(ticket, OFFERED, BEGUN);
  }

  /** Thread: the handler has ended, and its result is on its way. */
  end(ticket: number): void {
    this.#commits(ticket, BEGUN, ENDED);
  }

  /** Supervisor: false = it has begun. */
  revoke(ticket: number): boolean {
    return this.#commits(ticket, OFFERED, FREE);
  }

  isOffered(ticket: number): boolean {
    return this.#is(ticket, OFFERED);
  }

  isUnderWay(ticket: number): boolean {
    return this.#is(ticket, BEGUN);
  }

  hasBegun(ticket: number): boolean {
    return this.#is(ticket, BEGUN) || this.#is(ticket, ENDED);
  }

  #is(ticket: number, state: number): boolean {
    return load(this.#cells, ticket % CELLS) === cellOf(ticket, state);
  }

  #commits(ticket: number, from: number, to: number): boolean {
    const before = cellOf(ticket, from);
    return compareExchange(this.#cells, ticket % CELLS, before, cellOf(ticket, to)) === before;
  }
}

/** The supervisor's supply of tickets: each one returned makes the next one of its cell. */
export class TicketRoll {
  readonly #used: number[] = [];
  /** How many cells have had no ticket yet. */
  #fresh = CELLS;

  get left(): number {
    return this.#used.length + this.#fresh;
  }

  next(): number {
    const ticket = this.#used.pop();
    if (ticket !== undefined) return ticket;
    if (this.#fresh === 0) throw new RangeError("This consumer has no ticket left: give it fewer jobs.");
    return CELLS - this.#fresh--;
  }

  takeBack(tickets: readonly number[]): void {
    for (const ticket of tickets) this.#used.push(ticket + CELLS);
  }
}

// How many are given out -----------------------------------------------------------------------------------

const SHORT_MS = 3;
const FILL_MS = 20;
const WEIGHT = 0.3;
/**
 * The most text in flight at one consumer, in characters: payloads on their way to it, or results on their way to the
 * store. With less, a consumer may be given another claim of a few megabytes.
 */
export const MAX_CHARS = 4 * 1024 * 1024;

/**
 * How many jobs a consumer may have in flight: earned, not configured. A message between threads costs more than a tiny
 * job, so tiny jobs travel together. A consumer starts with one job at a time, and gets more only while its recent jobs
 * prove short, so that a slow job never holds up others, and while their results together take little memory.
 */
export class Prefetch {
  #meanMs = Infinity;
  #meanChars = 0;

  /** `count` jobs took `busyMs` in total, and their outcomes hold so many characters. */
  observe(count: number, { busyMs, chars }: { readonly busyMs: number; readonly chars: number }): void {
    if (count === 0) return;
    const ms = busyMs / count;
    // The same weight as if each of them had been observed separately.
    const weight = 1 - (1 - WEIGHT) ** count;
    this.#meanMs = Number.isFinite(this.#meanMs) ? this.#meanMs + (ms - this.#meanMs) * weight : ms;
    // The memory of large results is gone before a mean has followed them.
    const mean = chars / count;
    this.#meanChars = Math.max(mean, this.#meanChars + (mean - this.#meanChars) * weight);
  }

  /** A job takes long, so all trust is lost at once. */
  reset(): void {
    this.#meanMs = Infinity;
  }

  get limit(): number {
    if (this.#meanMs > SHORT_MS) return 1;
    const byTime = Math.min(MAX_IN_FLIGHT, Math.floor(FILL_MS / Math.max(this.#meanMs, 0.001)));
    return Math.max(1, Math.min(byTime, Math.floor(MAX_CHARS / Math.max(this.#meanChars, 1))));
  }
}
