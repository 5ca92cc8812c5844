/**
 * The supervisor's side of one consumer: its jobs in flight, and how far each has come.
 * A job in flight is offered (on its way to the thread, or in its inbox), begun, or waiting for its next attempt.
 * The handle decides nothing about jobs; the dispatcher does.
 */
import type { Claimed } from "@persistent-queue/queue";
import type { CancelReason, JobMessage, ToConsumer } from "../protocol.ts";
import { ThreadState } from "./thread_state.ts";
import { MAX_CHARS, Prefetch, TicketRoll, Tickets } from "./tickets.ts";
import { WaitingJobs } from "./waits.ts";

/** A job in flight at one consumer. */
export interface InFlightJob {
  readonly job: Claimed;
  readonly ticket: number;
  /** Given for the first time under this lease; false for a retry that is due. */
  readonly isFresh: boolean;
  /** Monotonic, in milliseconds. */
  readonly givenAt: number;
  canceled: CancelReason | null;
  /** The thread has confirmed the order to stop. */
  isTold: boolean;
}

interface Settled {
  /** Tickets. */
  readonly completed: readonly number[];
  readonly others: readonly number[];
  readonly chars: number;
}

/** `withNext`: it may wait for the next message. */
type Post = (message: ToConsumer, when?: { readonly withNext: boolean }) => void;

export interface ConsumerHandleOptions {
  readonly consumerId: string;
  readonly slot: number;
  readonly post: Post;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** The number of beats in which each waiting job gets a heartbeat. */
  readonly roundBeats?: number;
}

/** More than a prefetch brings as long as its jobs return results of one size: only then do jobs go back. */
const FAR_TOO_MANY_CHARS = 4 * MAX_CHARS;

export class ConsumerHandle {
  readonly consumerId: string;
  readonly slot: number;
  readonly tickets = new Tickets();
  readonly state = new ThreadState();
  readonly inFlight = new Map<number, InFlightJob>();
  readonly waiting: WaitingJobs;
  readonly post: Post;
  /** Jobs requested from the store for this consumer that have not arrived yet. */
  requested = 0;
  ready = false;
  heardAt: number;
  progressAt: number;
  done = 0;
  failed = 0;
  /** Of outcomes that have arrived from the thread and are not durable yet. */
  #unsettledChars = 0;
  readonly #now: () => number;
  readonly #prefetch = new Prefetch();
  readonly #roll = new TicketRoll();

  constructor({ consumerId, slot, post, now, roundBeats }: ConsumerHandleOptions) {
    this.waiting = new WaitingJobs(roundBeats);
    this.consumerId = consumerId;
    this.slot = slot;
    this.post = post;
    this.#now = now;
    this.heardAt = now();
    this.progressAt = this.heardAt;
  }

  /** How many more jobs the consumer may be given; `most` limits its prefetch. */
  room(most: number): number {
    if (!this.ready || this.hasSuspect || this.#isResultFull) return 0;
    const limit = Math.min(most, this.#prefetch.limit);
    const inHand = this.inFlight.size + this.requested;
    if (inHand > 0 && inHand > limit / 2 || this.#isPayloadFull) return 0;
    return Math.max(0, Math.min(limit - inHand, this.#ticketsLeft));
  }

  /** Whether the payloads in flight are too large for more jobs: tiny jobs may have large payloads. */
  get #isPayloadFull(): boolean {
    return this.#jobsInFlight.reduce((sum, { payload }) => sum + payload.length, 0) >= MAX_CHARS;
  }

  /** Whether its results that are not stored yet are too large for more jobs, which would return such results too. */
  get #isResultFull(): boolean {
    return this.#unsettledChars >= MAX_CHARS;
  }

  /** No ticket is left: there is no room even for a retry that is due. */
  get isFull(): boolean {
    return this.#ticketsLeft <= 0;
  }

  /** Tickets are reserved for requested jobs, and for one suspect. */
  get #ticketsLeft(): number {
    return this.#roll.left - this.requested - 1;
  }

  /** Ready, with nothing in flight and nothing on its way. */
  get isIdle(): boolean {
    return this.ready && this.inFlight.size + this.requested === 0;
  }

  get hasSuspect(): boolean {
    for (const { job } of this.inFlight.values()) if (job.suspect) return true;
    return false;
  }

  give(jobs: readonly Claimed[], { soon }: { soon: boolean }): void {
    if (this.inFlight.size === 0) this.progressAt = this.#now();
    this.post({ type: "jobs", soon, jobs: jobs.map((job) => this.#offer(job, { isFresh: !soon })) });
  }

  #offer(job: Claimed, { isFresh }: Pick<InFlightJob, "isFresh">): JobMessage {
    const ticket = this.#roll.next();
    this.tickets.offer(ticket);
    this.inFlight.set(ticket, { job, ticket, isFresh, givenAt: this.#now(), canceled: null, isTold: false });
    const { seq, lease, id, kind, payload, retries } = job;
    return { ticket, seq, lease, id, kind, payload, attempt: retries + 1 };
  }

  /** Removes a job whose result has arrived; null if there is no such job. Its ticket stays in use until `settled`. */
  take(ticket: number): InFlightJob | null {
    const inFlight = this.inFlight.get(ticket);
    if (inFlight === undefined || !this.tickets.hasBegun(ticket)) return null;
    this.inFlight.delete(ticket);
    return inFlight;
  }

  /** Results have arrived that hold so many characters; the handlers of `count` jobs were called, and took `busyMs` in total. */
  observe(count: number, { busyMs, chars = 0 }: { readonly busyMs: number; readonly chars?: number }): void {
    this.progressAt = this.#now();
    this.#prefetch.observe(count, { busyMs, chars });
    this.#unsettledChars += chars;
  }

  /** Tiny jobs suddenly return large results: takes back those that it was given ahead. */
  takeBackIfFlooded(): InFlightJob[] {
    return this.#unsettledChars >= FAR_TOO_MANY_CHARS ? this.revoke(() => true) : [];
  }

  /** The outcomes of these tickets, which hold so many characters, are durable, or will never be. Returns whether they made room. */
  settled({ completed, others, chars }: Settled): boolean {
    const wasFull = this.#isResultFull;
    this.#unsettledChars -= chars;
    if (completed.length + others.length === 0) return false;
    this.#roll.takeBack(completed);
    this.#roll.takeBack(others);
    // No caller waits for this, so it travels with the next jobs.
    this.post({ type: "settled", completed, others }, { withNext: true });
    return wasFull;
  }

  /** Takes back those of the jobs that have not begun. */
  revoke(which: (inFlight: InFlightJob) => boolean): InFlightJob[] {
    const revoked: InFlightJob[] = [];
    for (const inFlight of this.inFlight.values()) {
      if (!which(inFlight) || !this.tickets.revoke(inFlight.ticket)) continue;
      this.inFlight.delete(inFlight.ticket);
      this.#roll.takeBack([inFlight.ticket]);
      revoked.push(inFlight);
    }
    return revoked;
  }

  /** A job takes long: no fresh job may wait behind it, and no retry either if another consumer is idle. */
  takeBackUnbegun({ isAnyIdle }: { isAnyIdle: boolean }): InFlightJob[] {
    const revoked = this.revoke(({ isFresh }) => isFresh || isAnyIdle);
    if (revoked.length > 0) this.#prefetch.reset();
    return revoked;
  }

  /** Removes every job that has not begun, or those of them that match. */
  clear(matches: (job: Claimed) => boolean = () => true): { unbegun: Claimed[]; waiting: Claimed[] } {
    const unbegun = this.revoke(({ job }) => matches(job)).map(({ job }) => job);
    return { unbegun, waiting: this.waiting.remove(matches) };
  }

  /** Removes these jobs. Returns those that have begun and were not yet told to stop: they run until they are. */
  drop(matches: (job: Claimed) => boolean): InFlightJob[] {
    this.waiting.remove(matches);
    this.revoke(({ job }) => matches(job));
    return [...this.inFlight.values()].filter(({ job, canceled }) => matches(job) && canceled === null);
  }

  /** Every job that it holds a lease for. */
  leases(): Claimed[] {
    return [...this.#jobsInFlight, ...this.waiting.jobs];
  }

  /** Jobs whose heartbeats are due: all that are in the thread, and a rotating part of those that wait for a retry. */
  leasesToRenew(): Claimed[] {
    return [...this.#jobsInFlight, ...this.waiting.toRenew()];
  }

  get #jobsInFlight(): Claimed[] {
    return [...this.inFlight.values()].map(({ job }) => job);
  }

  /** The thread has confirmed the order to stop this job. */
  told(ticket: number): void {
    const inFlight = this.inFlight.get(ticket);
    if (inFlight !== undefined) inFlight.isTold = true;
  }

  get hasUnbegun(): boolean {
    for (const { ticket } of this.inFlight.values()) if (this.tickets.isOffered(ticket)) return true;
    return false;
  }

  /** The kind whose module the thread is loading, for the running job. */
  get loading(): string | null {
    return this.state.isLoading ? this.underWay?.job.kind ?? null : null;
  }

  /** The job that is running, if any. */
  get underWay(): InFlightJob | null {
    for (const inFlight of this.inFlight.values()) {
      if (this.tickets.isUnderWay(inFlight.ticket)) return inFlight;
    }
    return null;
  }
}
