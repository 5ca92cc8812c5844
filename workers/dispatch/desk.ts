/**
 * The supervisor's side of one consumer: the jobs in its hands, and how far each has come.
 *
 * A job in hand is offered (on its way, or in the thread's inbox), begun, or waiting for its next attempt. The desk
 * decides nothing about jobs; the dispatcher does.
 */
import type { Claimed } from "@persistent-queue/queue";
import { LookAhead } from "./look_ahead.ts";
import type { CancelReason, JobMessage, ToConsumer } from "../protocol.ts";
import { TicketRoll, Tickets } from "./tickets.ts";

/** A job in a consumer's hands. */
export interface Held {
  readonly job: Claimed;
  readonly ticket: number;
  /** Given for the first time under this lease: it may be taken back while it has not begun. */
  readonly fresh: boolean;
  /** Monotonic, in milliseconds. */
  readonly givenAt: number;
  canceled: CancelReason | null;
}

/** A job between two attempts. */
export interface Waiting {
  readonly job: Claimed;
  readonly timer: ReturnType<typeof setTimeout>;
}

export interface DeskOptions {
  readonly consumerId: string;
  readonly slot: number;
  readonly post: (message: ToConsumer) => void;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

export class Desk {
  readonly consumerId: string;
  readonly slot: number;
  readonly tickets = new Tickets();
  readonly held = new Map<number, Held>();
  readonly waiting = new Map<number, Waiting>();
  readonly post: (message: ToConsumer) => void;
  /** Jobs asked of the store for this consumer and not answered yet. */
  requested = 0;
  ready = false;
  heardAt: number;
  progressAt: number;
  done = 0;
  failed = 0;
  readonly #now: () => number;
  readonly #lookAhead = new LookAhead();
  readonly #roll = new TicketRoll();

  constructor({ consumerId, slot, post, now }: DeskOptions) {
    this.consumerId = consumerId;
    this.slot = slot;
    this.post = post;
    this.#now = now;
    this.heardAt = now();
    this.progressAt = this.heardAt;
  }

  /** How many more jobs it may be given; `most` bounds its look-ahead. */
  room(most: number): number {
    if (!this.ready || this.hasSuspect) return 0;
    // Jobs that wait here come first when their time has come, so no others may stand in line before them.
    const limit = Math.min(most, this.waiting.size > 0 ? 1 : this.#lookAhead.limit);
    const inHand = this.held.size + this.requested;
    if (inHand > 0 && inHand > limit / 2) return 0;
    return Math.min(limit - inHand, this.#roll.left);
  }

  get hasSuspect(): boolean {
    for (const { job } of this.held.values()) if (job.suspect) return true;
    return false;
  }

  give(jobs: readonly Claimed[], { soon }: { soon: boolean }): void {
    if (this.held.size === 0) this.progressAt = this.#now();
    this.post({ type: "jobs", soon, jobs: jobs.map((job) => this.#hold(job, !soon)) });
  }

  #hold(job: Claimed, fresh: boolean): JobMessage {
    const ticket = this.#roll.tear();
    this.tickets.offer(ticket);
    this.held.set(ticket, { job, ticket, fresh, givenAt: this.#now(), canceled: null });
    const { seq, lease, id, kind, payload, retries } = job;
    return { ticket, seq, lease, id, kind, payload, attempt: retries + 1 };
  }

  /** Takes jobs whose results have arrived off the desk. Their tickets stay in use until `settled`. */
  take(tickets: readonly number[], busyMs: number): Held[] {
    this.progressAt = this.#now();
    const taken: Held[] = [];
    for (const ticket of tickets) {
      const held = this.held.get(ticket);
      if (held === undefined || !this.tickets.hasBegun(ticket)) continue;
      this.held.delete(ticket);
      taken.push(held);
    }
    this.#lookAhead.observe(taken.length, busyMs);
    return taken;
  }

  settled(completed: readonly Held[], others: readonly Held[]): void {
    const tickets = {
      completed: completed.map(({ ticket }) => ticket),
      others: others.map(({ ticket }) => ticket),
    };
    this.#roll.takeBack(tickets.completed);
    this.#roll.takeBack(tickets.others);
    this.post({ type: "settled", ...tickets });
  }

  /** Takes back the jobs it has not begun. */
  revoke(which: (held: Held) => boolean): Held[] {
    const revoked: Held[] = [];
    for (const held of this.held.values()) {
      if (!which(held) || !this.tickets.revoke(held.ticket)) continue;
      this.held.delete(held.ticket);
      this.#roll.takeBack([held.ticket]);
      revoked.push(held);
    }
    return revoked;
  }

  /** It is taking long over a job: nothing may stand in line behind that. */
  takeBackLookAhead(): Held[] {
    const revoked = this.revoke(({ fresh }) => fresh);
    if (revoked.length > 0) this.#lookAhead.forfeit();
    return revoked;
  }

  wait(job: Claimed, { delayMs, onDue }: { delayMs: number; onDue: () => void }): void {
    const due = () => {
      this.waiting.delete(job.seq);
      onDue();
    };
    this.waiting.set(job.seq, { job, timer: setTimeout(due, Math.max(0, delayMs)) });
  }

  /** Takes everything off the desk that has not begun. */
  clear(): { unbegun: Claimed[]; waiting: Claimed[] } {
    const unbegun = this.revoke(() => true).map(({ job }) => job);
    return { unbegun, waiting: [...this.waiting.values()].map(({ job }) => this.#stopWaiting(job)) };
  }

  /** Forgets these jobs. Answers those that have begun and were not told to stop yet: they go on until they are. */
  drop(isMeant: (job: Claimed) => boolean): Held[] {
    for (const { job } of this.waiting.values()) if (isMeant(job)) this.#stopWaiting(job);
    this.revoke(({ job }) => isMeant(job));
    return [...this.held.values()].filter(({ job, canceled }) => isMeant(job) && canceled === null);
  }

  #stopWaiting(job: Claimed): Claimed {
    clearTimeout(this.waiting.get(job.seq)?.timer);
    this.waiting.delete(job.seq);
    return job;
  }

  /** Everything it has a lease for. */
  leases(): Claimed[] {
    return [...this.held.values(), ...this.waiting.values()].map(({ job }) => job);
  }

  /** The job it is on, if any. */
  get underWay(): Held | null {
    for (const held of this.held.values()) if (this.tickets.isUnderWay(held.ticket)) return held;
    return null;
  }
}
