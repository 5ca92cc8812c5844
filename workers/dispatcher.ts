/**
 * The turn: what threads report, what becomes free, what is due. All of one turn of the event loop meets in one
 * durable transaction of the store, and nothing is told to a thread before that is committed.
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
  /** The thread of this consumer must go. `guilty`: the job to blame, null = none; unless given it is found out. */
  readonly onUnusable: (consumerId: string, why: string, blame: { readonly guilty?: null }) => void;
  readonly onError: (error: unknown) => void;
}

/** What an aborted handler gets to put its things in order when the system stops. */
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
  /** Jobs that were canceled, or swept, while they may have been on their way from the store: their leases by `seq`. */
  readonly #takenMeanwhile = new Map<number, number>();
  /** Attempts that ended, while that is being stored: canceled meanwhile, they have no next one. */
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

  /** All that somebody works on, waits for, or has just ended: none of it is lost, whatever its heartbeat says. */
  get leases(): Lease[] {
    return [...[...this.#desks.values()].flatMap((desk) => desk.leases()), ...this.#settler.leases];
  }

  /** A consumer has come to work. */
  join(desk: Desk): void {
    this.#desks.set(desk.consumerId, desk);
    this.wake();
  }

  /** What the queue tells, as far as it matters to what is in hand. */
  hear(event: QueueEvent): void {
    if (event.type === "swept") event.requeued.forEach((job) => this.#lose(job));
    // After a write of somebody else there may be jobs; that a lease is lost the next heartbeat tells.
    if (["arriving", "foreign", "swept"].includes(event.type)) this.wake();
    else if (event.type === "moved" && event.from === "PROCESSING") this.cancel(event.lease);
  }

  /** There may be something to claim. */
  wake(): void {
    this.#intake.wake();
  }

  /** A consumer's thread is gone, or given up: its jobs go back, one of them charged. Answers how many had begun. */
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
    // A suspect that ended lets the next one in.
    if ([...ended.map(({ held }) => held), ...dropped].some(({ job }) => job.suspect)) this.wake();
    else this.#intake.fill();
  }

  beat(desk: Desk): void {
    desk.heardAt = this.#options.clock();
    this.#renewal.renew(desk);
  }

  /** A person canceled a job: its handler is told, if it has one. */
  cancel(lease: Lease): void {
    if (!this.#intake.isQuiet) this.#takenMeanwhile.set(lease.seq, lease.lease);
    for (const held of this.#ending) {
      if (held.job.seq === lease.seq && held.job.lease === lease.lease) held.canceled = "canceled";
    }
    for (const desk of this.#desks.values()) this.#drop(desk, lease, "canceled");
  }

  /** A sweep took it from a consumer that lives: the clock was set while it was claimed, and its heartbeat is old at once. */
  #lose({ consumerId, seq, lease }: Lease & { readonly consumerId: string | null }): void {
    const desk = this.#desks.get(consumerId ?? "");
    if (desk === undefined) return;
    if (!this.#intake.isQuiet) this.#takenMeanwhile.set(seq, lease);
    this.#drop(desk, { seq, lease }, "lost");
  }

  /** The job is no longer this consumer's. What has begun is told to stop, and cut off if it does not. */
  #drop(desk: Desk, { seq, lease }: Lease, reason: CancelReason): void {
    const begun = desk.drop((job) => job.seq === seq && job.lease === lease);
    for (const held of begun) this.#stopOrders.give(desk, held, reason);
    // Its place is free, and if it was a suspect the next one may come.
    this.wake();
  }

  /** It goes on past its deadline: the attempt ends here, and its thread with it. */
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

  /** The next attempt is this consumer's as well, unless it is gone or the system stops. */
  #again(desk: Desk, job: Claimed, delayMs: number): void {
    if (this.#stop.signal.aborted || this.#desks.get(desk.consumerId) !== desk) {
      return this.#release([{ job, outcome: { type: "stopped", detail: "Its consumer is gone" } }]);
    }
    // Suspects run one at a time, and another may be running by then: it gets in line for that.
    const isForLine = () => job.suspect || desk.isFull;
    const onDue = () => isForLine() ? this.#takeBack([job]) : this.#handOut(desk, [job], { soon: true });
    // By the monotonic clock: somebody may set the other one.
    const { clock } = this.#options;
    desk.wait(job, { at: clock() + delayMs, now: clock, onDue });
  }

  #takeBack(jobs: readonly Claimed[]): void {
    this.#release(jobs.map((job) => ({ job, outcome: HANDED_BACK })));
  }

  /** These go back to the store: somebody else may have them. */
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
   * Nothing more is claimed. What runs may finish within `deadlineMs`, then it is aborted, and what does not end then
   * goes back unfinished, not charged an attempt.
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
