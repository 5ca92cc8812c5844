/**
 * The turn: what threads report, what becomes free, what is due. All of one turn of the event loop shares one
 * durable transaction of the store, and a thread is told nothing before that is committed.
 */
import type { Claimed, Consumer, Lease, QueueEvent } from "@persistent-queue/queue";
import type { Desk, Held } from "./dispatch/desk.ts";
import { type Ended, takeEnded } from "./dispatch/ended.ts";
import type { CancelReason, Result } from "./protocol.ts";
import { HandBack } from "./dispatch/hand_back.ts";
import { Intake } from "./dispatch/intake.ts";
import { Quiet } from "./dispatch/quiet.ts";
import { Renewal } from "./dispatch/renewal.ts";
import { type Attempted, Settler } from "./dispatch/settler.ts";
import { type EndOfConsumer, HANDED_BACK, leftOn, STOPPED } from "./dispatch/unfinished.ts";
import { StopOrders } from "./dispatch/stop_orders.ts";
import { ThreadWatch } from "./dispatch/thread_watch.ts";
import { UnownedDeaths } from "./dispatch/unowned_deaths.ts";

export interface DispatcherOptions {
  readonly queue: Consumer;
  /** Milliseconds since 1970, as the queue counts. */
  readonly now: () => number;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** The thread of this consumer must go. `guilty`: the job to blame, null = none; found out unless given. */
  readonly onUnusable: (consumerId: string, why: string, blame: { readonly guilty?: null }) => void;
  readonly onError: (error: unknown) => void;
}

/** The time that an aborted handler gets to clean up when the system stops. */
const ABORT_MS = 1_000;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #desks = new Map<string, Desk>();
  readonly #stop = new AbortController();
  readonly #intake: Intake;
  readonly #settler: Settler;
  readonly #handBack: HandBack;
  readonly #stopOrders: StopOrders;
  readonly #threadWatch: ThreadWatch;
  readonly #renewal: Renewal;
  readonly #unownedDeaths = new UnownedDeaths();
  /** Jobs canceled or swept while they may have been on their way from the store: their leases by `seq`. */
  readonly #takenMeanwhile = new Map<number, number>();
  /** Attempts that ended and are being stored: a job canceled meanwhile gets no next attempt. */
  readonly #ending = new Set<Held>();
  readonly #quiet = new Quiet(() =>
    this.#intake.isQuiet && this.#settler.isQuiet && this.#ending.size === 0 &&
    [...this.#desks.values()].every((desk) => desk.held.size === 0)
  );

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { queue, now, clock, onError } = options;
    const desks = this.#desks;
    this.#intake = new Intake({
      queue,
      now,
      onError,
      desks,
      onClaimed: (jobs) => this.#give(jobs),
      onQuiet: () => {
        this.#takenMeanwhile.clear();
        this.#quiet.look();
      },
    });
    this.#handBack = new HandBack({ desks, clock, onBack: (jobs) => this.#takeBack(jobs) });
    const giveUp = (consumerId: string, why: string) => options.onUnusable(consumerId, why, { guilty: null });
    this.#stopOrders = new StopOrders({ desks, signal: this.#stop.signal, onIgnored: giveUp });
    this.#threadWatch = new ThreadWatch({
      ...{ desks, clock, onDeaf: giveUp, onMute: (id, why) => options.onUnusable(id, why, {}) },
      onOverdue: (...overdue) => this.#cutOff(...overdue),
    });
    this.#renewal = new Renewal({ queue, onError, onLost: (desk, lease) => this.#drop(desk, lease, "lost") });
    const onQuiet = () => this.#quiet.look();
    this.#settler = new Settler({ queue, onError, signal: this.#stop.signal, onQuiet });
  }

  /** Every job running, waiting, or just ended here: none of it is lost, whatever its heartbeat says. */
  get leases(): Lease[] {
    return [...[...this.#desks.values()].flatMap((desk) => desk.leases()), ...this.#settler.leases];
  }

  /** Adds a consumer. */
  join(desk: Desk): void {
    this.#desks.set(desk.consumerId, desk);
    this.wake();
  }

  /** Takes note of the queue's events that concern jobs in flight. */
  hear(event: QueueEvent): void {
    if (event.type === "swept") event.requeued.forEach((job) => this.#lose(job));
    // A foreign write may have added jobs; a lease that it took away is noticed at the next heartbeat.
    if (["arriving", "foreign", "swept"].includes(event.type)) this.wake();
    else if (event.type === "moved" && event.from === "PROCESSING") this.cancel(event.lease);
  }

  /** There may be something to claim. */
  wake(): void {
    this.#intake.wake();
  }

  /** A consumer's thread is gone or given up: its jobs go back, one charged. Returns how many had begun. */
  leave(consumerId: string, end: EndOfConsumer): number {
    const desk = this.#desks.get(consumerId);
    if (desk === undefined) return 0;
    this.#desks.delete(consumerId);
    const left = leftOn(desk, this.#unownedDeaths.judge(desk, end), this.#options.clock());
    this.#release(left);
    return left.filter(({ outcome }) => outcome !== HANDED_BACK).length;
  }

  // What threads report ------------------------------------------------------------------------------------------------

  results(desk: Desk, results: readonly Result[], busyMs: number): void {
    desk.heardAt = this.#options.clock();
    const { ended, dropped } = takeEnded(desk, results, busyMs);
    this.#settle(desk, ended, dropped);
    // A suspect that ended makes room for the next one.
    if ([...ended.map(({ held }) => held), ...dropped].some(({ job }) => job.suspect)) this.wake();
    else this.#intake.fill();
  }

  beat(desk: Desk): void {
    desk.heardAt = this.#options.clock();
    this.#renewal.renew(desk);
  }

  /** A job was canceled: its handler is told, if it is running. */
  cancel(lease: Lease): void {
    if (!this.#intake.isQuiet) this.#takenMeanwhile.set(lease.seq, lease.lease);
    for (const held of this.#ending) {
      if (held.job.seq === lease.seq && held.job.lease === lease.lease) held.canceled = "canceled";
    }
    for (const desk of this.#desks.values()) this.#drop(desk, lease, "canceled");
  }

  /** A sweep took it from a live consumer: the clock was set during the claim, so its heartbeat was old at once. */
  #lose({ consumerId, seq, lease }: Lease & { readonly consumerId: string | null }): void {
    const desk = this.#desks.get(consumerId ?? "");
    if (desk === undefined) return;
    if (!this.#intake.isQuiet) this.#takenMeanwhile.set(seq, lease);
    this.#drop(desk, { seq, lease }, "lost");
  }

  /** The job is no longer this consumer's. If it has begun, it is told to stop, and cut off if it does not. */
  #drop(desk: Desk, { seq, lease }: Lease, reason: CancelReason): void {
    const begun = desk.drop((job) => job.seq === seq && job.lease === lease);
    for (const held of begun) this.#stopOrders.give(desk, held, reason);
    // Its place is free, and if it was a suspect, the next one may come.
    this.wake();
  }

  /** It runs past its deadline: the attempt ends here, and its thread with it. */
  #cutOff(desk: Desk, { ticket }: Held, error: string): void {
    this.results(desk, [{ ticket, outcome: { type: "timed-out", error } }], 0);
    this.#options.onUnusable(desk.consumerId, "A handler went on past its deadline", { guilty: null });
  }

  // What becomes durable -----------------------------------------------------------------------------------------------

  async #settle(desk: Desk, ended: readonly Ended[], dropped: readonly Held[]): Promise<void> {
    for (const { held } of ended) this.#ending.add(held);
    const verdicts = await this.#settler.settle(
      ended.map(({ held: { job }, outcome }) => ({ job, outcome })),
    );
    const completed: Held[] = [];
    const others = [...dropped];
    for (const [i, { held, outcome }] of ended.entries()) {
      const verdict = verdicts[i];
      this.#ending.delete(held);
      if (verdict?.type === "stored" && outcome.type === "returned") completed.push(held);
      else others.push(held);
      if (verdict?.type === "again" && held.canceled !== "canceled") {
        this.#again(desk, { ...held.job, retries: verdict.retries }, verdict.delayMs);
      }
    }
    if (completed.length + others.length > 0) desk.settled(completed, others);
    this.#quiet.look();
  }

  /** The next attempt runs on the same consumer, unless that is gone or the system stops. */
  #again(desk: Desk, job: Claimed, delayMs: number): void {
    if (this.#stop.signal.aborted || this.#desks.get(desk.consumerId) !== desk) {
      return this.#release([{ job, outcome: { type: "stopped", detail: "Its consumer is gone" } }]);
    }
    // Suspects run one at a time, and another may be running by then: this one waits in line.
    const isForLine = () => job.suspect || desk.isFull;
    const onDue = () => isForLine() ? this.#takeBack([job]) : this.#handOut(desk, [job], { soon: true });
    // By the monotonic clock: the wall clock may be set.
    const { clock } = this.#options;
    desk.wait(job, { at: clock() + delayMs, now: clock, onDue });
  }

  #takeBack(jobs: readonly Claimed[]): void {
    this.#release(jobs.map((job) => ({ job, outcome: HANDED_BACK })));
  }

  /** These go back to the store, for other consumers. */
  #release(attempts: readonly Attempted[]): void {
    if (attempts.length === 0) return;
    this.#settler.settle(attempts);
    this.wake();
  }

  // What is handed out -------------------------------------------------------------------------------------------------

  #give(claimed: readonly Claimed[]): void {
    const wanted = claimed.filter(({ seq, lease }) => this.#takenMeanwhile.get(seq) !== lease);
    for (const [consumerId, jobs] of Map.groupBy(wanted, (job) => job.consumerId)) {
      const desk = this.#desks.get(consumerId);
      if (desk !== undefined && !this.#stop.signal.aborted) this.#handOut(desk, jobs, { soon: false });
      else this.#takeBack(jobs);
    }
  }

  #handOut(desk: Desk, jobs: readonly Claimed[], when: { soon: boolean }): void {
    desk.give(jobs, when);
    this.#handBack.watch();
    this.#threadWatch.watch();
  }

  // The end --------------------------------------------------------------------------------------------------------------

  /**
   * Claims nothing more. Running jobs may finish within `deadlineMs`, then they are aborted; those that do
   * not end then go back unfinished, and are not charged an attempt.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#stop.abort();
    this.#intake.stop();
    this.#handBack.stop();
    this.#threadWatch.stop();
    for (const desk of this.#desks.values()) {
      const { unbegun, waiting } = desk.clear();
      this.#takeBack(unbegun);
      this.#release(waiting.map((job) => ({ job, outcome: STOPPED })));
    }
    await this.#quiet.within(deadlineMs);
    for (const desk of this.#desks.values()) {
      for (const held of desk.held.values()) this.#stopOrders.give(desk, held, "stopping");
    }
    await this.#quiet.within(ABORT_MS);
    for (const consumerId of [...this.#desks.keys()]) this.leave(consumerId, STOPPED);
    this.#renewal.stop();
    await this.#quiet.within(ABORT_MS);
  }
}
