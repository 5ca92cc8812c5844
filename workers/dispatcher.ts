/**
 * Connects threads and queue: what threads report, which consumers have room, what is due. Everything from one turn of
 * the event loop shares one durable transaction of the store, and a thread is told nothing before that is committed.
 */
import type { Attempted, Claimed, Consumer, Lease, QueueEvent } from "@persistent-queue/queue";
import type { ConsumerHandle, InFlightJob } from "./dispatch/consumer_handle.ts";
import type { CancelReason, Result } from "./protocol.ts";
import { Claimer, mayBringJobs } from "./dispatch/claimer.ts";
import { Heartbeats } from "./dispatch/heartbeats.ts";
import { abandonedJobs, type EndOfConsumer, UnownedDeaths } from "./dispatch/abandoned.ts";
import { HANDED_BACK, Settler, STOPPED, takeEnded } from "./dispatch/settler.ts";
import { PrefetchReturn, StopOrders, ThreadWatch } from "./dispatch/thread_watch.ts";
import { Idleness } from "./dispatch/waits.ts";

export interface DispatcherOptions {
  readonly queue: Consumer;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** The thread of this consumer must be replaced. `guilty`: null = no job is to blame; determined here unless given. */
  readonly onUnusable: (consumerId: string, why: string, blame: { readonly guilty?: null }) => void;
  readonly onError: (error: unknown) => void;
}

/** How long an aborted handler gets to clean up when the system stops. */
const ABORT_MS = 1_000;
/** How long a stop then waits until the storage, which may be locked, has taken every ending and release. */
const STORE_MS = 3_000;

export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #consumers = new Map<string, ConsumerHandle>();
  readonly #stop = new AbortController();
  readonly #claimer: Claimer;
  readonly #settler: Settler;
  readonly #prefetchReturn: PrefetchReturn;
  readonly #stopOrders: StopOrders;
  readonly #threadWatch: ThreadWatch;
  readonly #heartbeats: Heartbeats;
  readonly #unownedDeaths = new UnownedDeaths();
  /** Jobs canceled or swept while they may have been on their way from the store: their leases by `seq`. */
  readonly #takenMeanwhile = new Map<number, number>();
  /** Attempts that have ended and are being stored: a job canceled meanwhile gets no next attempt. */
  readonly #ending = new Set<readonly InFlightJob[]>();
  readonly #idleness = new Idleness(() =>
    this.#claimer.isIdle && this.#settler.isIdle && this.#ending.size === 0 &&
    [...this.#consumers.values()].every((handle) => handle.inFlight.size === 0)
  );

  constructor(options: DispatcherOptions) {
    this.#options = options;
    const { queue, clock, onError } = options;
    const consumers = this.#consumers;
    this.#claimer = new Claimer({
      ...{ queue, onError, consumers, now: () => queue.now() },
      onClaimed: (jobs) => this.#give(jobs),
      onIdle: () => {
        this.#takenMeanwhile.clear();
        this.#checkIfStopping();
      },
    });
    this.#prefetchReturn = new PrefetchReturn({ consumers, clock, onBack: (jobs) => this.#takeBack(jobs) });
    const giveUp = (consumerId: string, why: string) => options.onUnusable(consumerId, why, { guilty: null });
    this.#stopOrders = new StopOrders({ consumers, signal: this.#stop.signal, onIgnored: giveUp });
    this.#threadWatch = new ThreadWatch({
      ...{ consumers, clock, onStuck: giveUp, onNoReport: (id, why) => options.onUnusable(id, why, {}) },
      onOverdue: (...overdue) => this.#cutOff(...overdue),
    });
    const onLost = (handle: ConsumerHandle, lease: Lease) => this.#drop(handle, lease, "lost");
    this.#heartbeats = new Heartbeats({ queue, onError, onLost });
    const onIdle = () => this.#checkIfStopping();
    this.#settler = new Settler({ queue, onError, signal: this.#stop.signal, onIdle });
  }

  /** Every job that runs, waits or has just ended here: none of them is lost, whatever its heartbeat says. */
  get leases(): Lease[] {
    return [...[...this.#consumers.values()].flatMap((handle) => handle.leases()), ...this.#settler.leases];
  }

  /** Adds a consumer. */
  join(handle: ConsumerHandle): void {
    this.#consumers.set(handle.consumerId, handle);
    this.wake();
  }

  /** Handles the queue's events that concern jobs in flight. */
  hear(event: QueueEvent): void {
    if (event.type === "swept") event.requeued.forEach((job) => this.#lose(job));
    // Whatever its status was: an edit by hand leaves the lease with the consumer that holds it.
    if (event.type === "moved" && event.lease.lease > 0) this.cancel(event.lease);
    if (mayBringJobs(event)) this.wake();
  }

  /** There may be something to claim. */
  wake(): void {
    this.#claimer.wake();
  }

  /** A consumer's thread is gone or given up: its jobs go back, one of them charged. Returns how many had begun. */
  leave(consumerId: string, end: EndOfConsumer): number {
    const handle = this.#consumers.get(consumerId);
    if (handle === undefined) return 0;
    this.#consumers.delete(consumerId);
    const left = abandonedJobs(handle, this.#unownedDeaths.judge(handle, end), this.#options.clock());
    this.#release(left);
    return left.filter(({ outcome }) => outcome !== HANDED_BACK).length;
  }

  // What threads report ------------------------------------------------------------------------------------------------

  results(handle: ConsumerHandle, results: readonly Result[]): void {
    handle.heardAt = this.#options.clock();
    const taken = takeEnded(handle, results);
    this.#settle(handle, taken);
    this.#takeBack(handle.takeBackIfFlooded().map(({ job }) => job));
    // A suspect that has ended makes room for the next one.
    if ([...taken.ended, ...taken.dropped].some(({ job }) => job.suspect)) this.wake();
    else this.#claimer.fill();
  }

  beat(handle: ConsumerHandle): void {
    handle.heardAt = this.#options.clock();
    this.#heartbeats.renew(handle);
  }

  /** A job was canceled. If it is running, its handler is told. */
  cancel(lease: Lease): void {
    if (!this.#claimer.isIdle) this.#takenMeanwhile.set(lease.seq, lease.lease);
    const matches = ({ job }: InFlightJob) => job.seq === lease.seq && job.lease <= lease.lease;
    for (const ended of this.#ending) ended.filter(matches).forEach((one) => one.canceled = "canceled");
    for (const handle of this.#consumers.values()) this.#drop(handle, lease, "canceled");
  }

  /** A sweep took the job from a live consumer: the clock was set during the claim, so its heartbeat was old at once. */
  #lose({ consumerId, seq, lease }: Lease & { readonly consumerId: string | null }): void {
    const handle = this.#consumers.get(consumerId ?? "");
    if (handle === undefined) return;
    if (!this.#claimer.isIdle) this.#takenMeanwhile.set(seq, lease);
    this.#drop(handle, { seq, lease }, "lost");
  }

  /** The consumer lost the job, under this or an earlier lease. If it has begun, it is told to stop, or cut off. */
  #drop(handle: ConsumerHandle, { seq, lease }: Lease, reason: CancelReason): void {
    const begun = handle.drop((job) => job.seq === seq && job.lease <= lease);
    for (const inFlight of begun) this.#stopOrders.give(handle, inFlight, reason);
    // Its place is free, and if it was a suspect, the next suspect may be claimed.
    this.wake();
  }

  /** The job runs past its deadline: this attempt ends, and its thread too. */
  #cutOff(handle: ConsumerHandle, result: Result): void {
    this.results(handle, [result]);
    this.#options.onUnusable(handle.consumerId, "A handler went on past its deadline", { guilty: null });
  }

  // What becomes durable -----------------------------------------------------------------------------------------------

  async #settle(handle: ConsumerHandle, { ended, attempts, dropped, chars }: ReturnType<typeof takeEnded>) {
    this.#ending.add(ended);
    const verdicts = await this.#settler.settle(attempts);
    this.#ending.delete(ended);
    const completed: number[] = [];
    const others = dropped.map(({ ticket }) => ticket);
    for (const [i, { job, ticket, canceled }] of ended.entries()) {
      const verdict = verdicts[i];
      const isCompleted = verdict?.type === "stored" && attempts[i]?.outcome.type === "returned";
      (isCompleted ? completed : others).push(ticket);
      if (verdict?.type === "again" && canceled !== "canceled") {
        this.#again(handle, { ...job, retries: verdict.retries }, verdict.delayMs);
      }
    }
    if (handle.settled({ completed, others, chars })) this.#claimer.fill();
    this.#checkIfStopping();
  }

  /** The next attempt runs on the same consumer, unless that is gone or the system is stopping. */
  #again(handle: ConsumerHandle, job: Claimed, delayMs: number): void {
    if (this.#stop.signal.aborted || this.#consumers.get(handle.consumerId) !== handle) {
      return this.#release([{ job, outcome: { type: "stopped", detail: "Its consumer has ended" } }]);
    }
    // Its run time is stored, so it can wait in the queue instead.
    if (handle.waiting.isFull) return this.#takeBack([job]);
    // Suspects run one at a time, and another may be running by then, so a suspect goes back to the queue.
    const mustGoBack = () => job.suspect || handle.isFull;
    const onDue = () => mustGoBack() ? this.#takeBack([job]) : this.#handOut(handle, [job], { soon: true });
    // By the monotonic clock, because the wall clock may be set.
    const { clock } = this.#options;
    handle.waiting.add(job, { at: clock() + delayMs, now: clock, onDue });
  }

  #takeBack(jobs: readonly Claimed[]): void {
    this.#release(jobs.map((job) => ({ job, outcome: HANDED_BACK })));
  }

  /** Settles attempts that did not finish: their jobs go back to the store, for other consumers. */
  #release(attempts: readonly Attempted[]): void {
    if (attempts.length === 0) return;
    // Two wake-ups, as for new jobs: `mayBringJobs` says why.
    this.#settler.settle(attempts).then(() => this.wake());
    this.wake();
  }

  // What is handed out -------------------------------------------------------------------------------------------------

  #give(claimed: readonly Claimed[]): void {
    const wanted = claimed.filter(({ seq, lease }) => lease > (this.#takenMeanwhile.get(seq) ?? -1));
    for (const [consumerId, jobs] of Map.groupBy(wanted, (job) => job.consumerId)) {
      const handle = this.#consumers.get(consumerId);
      if (handle !== undefined && !this.#stop.signal.aborted) this.#handOut(handle, jobs, { soon: false });
      else this.#takeBack(jobs);
    }
  }

  #handOut(handle: ConsumerHandle, jobs: readonly Claimed[], when: { soon: boolean }): void {
    handle.give(jobs, when);
    this.#prefetchReturn.watch();
    this.#threadWatch.watch();
  }

  // The end --------------------------------------------------------------------------------------------------------------

  /**
   * Claims nothing more. Running jobs may finish within `deadlineMs`, then they are aborted. Those that do not end then
   * go back unfinished, and are not charged an attempt.
   */
  async stop(deadlineMs: number): Promise<void> {
    this.#stop.abort();
    this.#claimer.stop();
    this.#prefetchReturn.stop();
    this.#threadWatch.stop();
    for (const handle of this.#consumers.values()) {
      const { unbegun, waiting } = handle.clear();
      this.#takeBack(unbegun);
      this.#release(waiting.map((job) => ({ job, outcome: STOPPED })));
    }
    await this.#idleness.within(deadlineMs);
    this.#stopOrders.giveAll("stopping");
    await this.#idleness.within(ABORT_MS);
    for (const consumerId of [...this.#consumers.keys()]) this.leave(consumerId, STOPPED);
    this.#heartbeats.stop();
    await this.#idleness.within(STORE_MS);
    this.#settler.giveUp();
  }

  /** Only a stop waits until nothing is in progress. */
  #checkIfStopping(): void {
    if (this.#stop.signal.aborted) this.#idleness.check();
  }
}
