/**
 * A consumer's loop: it receives jobs, runs them one after the other, and reports how each ended. It never sees the
 * database. The supervisor gives it a lease with each job, makes its results durable, and takes back what it has not
 * begun. Everything specific to a thread (its channel, clock, log, guards) is passed in: `consumer.ts` passes the real
 * ones.
 */
import type { Outcome } from "@persistent-queue/queue";
import type { ThreadState } from "../dispatch/thread_state.ts";
import type { Tickets } from "../dispatch/tickets.ts";
import type { Handlers } from "../handlers.ts";
import type { Log } from "../log.ts";
import type { FromThread, JobMessage, StartConsumer, ToConsumer } from "../protocol.ts";
import { Attempt, type AttemptOptions } from "./attempt.ts";
import type { Memory } from "./memory.ts";
import type { Owners } from "./owners.ts";
import { Results } from "./results.ts";
import type { Clock } from "./runtime.ts";
import type { Tidiness } from "./tidiness.ts";

/** What keeps a thread fit for its next job, and tracks which job did what. */
interface Guards {
  readonly owners: Pick<Owners, "run">;
  readonly tidiness: Pick<Tidiness, "beforeJob" | "adopt" | "afterJob">;
  readonly memory: Pick<Memory, "look" | "countJob" | "collect" | "rest">;
}

export interface ConsumerLoopOptions {
  readonly start: Omit<StartConsumer, "tickets" | "state" | "handlers" | "log" | "memoryMb">;
  readonly tickets: Pick<Tickets, "begin" | "end">;
  readonly state: ThreadState;
  readonly handlers: Handlers;
  readonly guards: Guards;
  readonly clock: Clock;
  readonly log: Pick<Log, "info" | "warn" | "close">;
  /** Sends a message to the supervisor. */
  readonly tell: (message: FromThread) => void;
  /** Ends the thread. */
  readonly close: () => void;
  /** Blocks the thread forever, so that operators can see how the system handles a hang. */
  readonly hang: () => void;
}

/** How many failures of ended jobs are tolerated before the thread is replaced. */
const MAX_LATE_FAULTS = 20;

/** One function for all jobs; the async context passes the attempt to it. */
function runAttempt(this: void, attempt: Attempt): Promise<Outcome> {
  return attempt.run();
}

export class ConsumerLoop {
  readonly #options: ConsumerLoopOptions;
  readonly #attemptOptions: AttemptOptions;
  readonly #results: Results;
  readonly #inbox: JobMessage[] = [];
  /** Ended jobs whose outcome is not durable yet: their ids by ticket. */
  readonly #unsettled = new Map<number, string>();
  #current: Attempt | null = null;
  /** Why this thread begins no more jobs. */
  #unusable: string | null = null;
  /** Why it must be replaced before it begins the next job. */
  #untidy: string | null = null;
  #lateFaults = 0;
  /** Code of a job that had ended has run in this thread. */
  #hasLeftovers = false;
  #hasDoneJobs = false;
  #wake = () => {};

  constructor(options: ConsumerLoopOptions) {
    const { start, handlers, clock, state, tell } = options;
    const { consumerId, filesDir, startDir, workMs, severalHosts } = start;
    this.#options = options;
    this.#results = new Results(tell, clock);
    this.#attemptOptions = {
      ...{ consumerId, handlers, clock, state },
      settings: Object.freeze({ filesDir, startDir, workMs, severalHosts }),
      onLoading: () => this.#results.flush(),
      onLoaded: (kind) => this.#adopt(kind),
      onUnloadable: (kind, problem) => {
        tell({ type: "loaded", kind, problem });
        // What a module imports stays failed in this thread after it is mended.
        this.retireAfterJob(`It could not load the handler of kind ${kind}`);
      },
      isUsable: () => this.#unusable === null,
      log: (text) => this.#note(text),
    };
  }

  /** Resolves when the thread is no longer usable. */
  async run(): Promise<void> {
    const { tell, tickets, guards: { owners, tidiness, memory } } = this.#options;
    tell({ type: "ready" });
    this.#beat();
    while (this.#unusable === null) {
      await this.#arrival();
      for (let job = this.#next(); job !== undefined; job = this.#next()) {
        tidiness.beforeJob(job.kind);
        if (this.#untidy !== null) this.#retire(this.#untidy, null);
        if (this.#unusable !== null || !tickets.begin(job.ticket)) continue;
        const attempt = this.#begin(job);
        this.#end(attempt, await owners.run(attempt, runAttempt));
        memory.countJob();
      }
      this.#results.flush();
      memory.collect();
    }
  }

  /** Bound to this loop, for use as the channel's listener. */
  readonly receive = (messages: readonly ToConsumer[]): void => {
    for (const message of messages) this.#receive(message);
  };

  #receive(message: ToConsumer): void {
    const { log, tell, close, hang } = this.#options;
    switch (message.type) {
      case "jobs":
        if (message.soon) this.#inbox.unshift(...message.jobs);
        else this.#inbox.push(...message.jobs);
        return this.#wake();
      case "settled":
        for (const ticket of message.completed) log.info(`Completed job_id: ${this.#unsettled.get(ticket)}`);
        for (const ticket of [...message.completed, ...message.others]) this.#unsettled.delete(ticket);
        return;
      case "cancel":
        tell({ type: "told", ticket: message.ticket });
        if (this.#ticket === message.ticket) this.#current?.cancel(message.reason);
        return;
      case "note":
        return log[message.level](message.text);
      case "fault":
        return message.how === "crash"
          ? this.#retire("A person asked this consumer to crash", this.#ticket)
          : hang();
      case "close":
        log.close();
        close();
    }
  }

  // What the guards report -----------------------------------------------------------------------------------

  /** An uncaught error was thrown. In a thread that has run only one job, that job must have caused it. */
  handleUncaught(words: string, owner: Attempt | undefined): void {
    if (owner === undefined) return this.#retire(words, this.#hasDoneJobs ? null : this.#ticket);
    if (!owner.hasEnded) return this.#retire(words, owner.ticket);
    this.warn(`Left behind by ${owner.name}, which has ended: ${words}`);
    this.#lateFaults += 1;
    if (this.#lateFaults > MAX_LATE_FAULTS && this.#current === null) {
      this.#retire("Jobs that had ended kept failing in it", null);
    }
  }

  tellLeftover(owner: Attempt): void {
    this.#hasLeftovers = true;
    // Code that never returns would hold them up, and their jobs would run again.
    this.#results.flush();
    this.#options.tell({ type: "leftover", text: `code that ${owner.name} had left behind` });
  }

  /** Sends a warning for the system's log. */
  warn(text: string): void {
    this.#options.tell({ type: "warning", text });
  }

  /** A job made a change that cannot be undone, so the thread begins no other job. */
  retireAfterJob(why: string): void {
    this.#untidy = why;
  }

  // One job --------------------------------------------------------------------------------------------------

  get #ticket(): number | null {
    return this.#current?.ticket ?? null;
  }

  #next(): JobMessage | undefined {
    return this.#unusable === null ? this.#inbox.shift() : undefined;
  }

  /** Resolves when there is something in the inbox. */
  #arrival(): Promise<void> {
    if (this.#inbox.length > 0) return Promise.resolve();
    return new Promise((resolve) => this.#wake = resolve);
  }

  #begin(job: JobMessage): Attempt {
    this.#options.log.info(`Dequeued job_id: ${job.id}`);
    return this.#current = new Attempt(job, this.#attemptOptions);
  }

  #end(attempt: Attempt, outcome: Outcome): void {
    const { clock, tickets, guards: { tidiness } } = this.#options;
    const ended = clock.now();
    // First, before anything else.
    tidiness.afterJob(attempt, ended);
    attempt.hasEnded = true;
    this.#current = null;
    this.#hasDoneJobs = true;
    tickets.end(attempt.ticket);
    this.#results.add({ ticket: attempt.ticket, outcome, ranMs: attempt.ranMs(ended) });
    if (attempt.overrun !== null) this.#retire(attempt.overrun, null);
    if (this.#untidy !== null) this.#retire(this.#untidy, null);
    this.#unsettled.set(attempt.ticket, attempt.id);
  }

  /** A line costs no job its end, even if the job has broken what the log needs. */
  #note(text: string): void {
    try {
      this.#options.log.info(text);
    } catch {
      // What it has broken is reported when the job has ended.
    }
  }

  /** What a module replaces while it loads is visible only to the jobs of its kind. */
  #adopt(kind: string): void {
    const { guards: { tidiness }, log } = this.#options;
    const names = tidiness.adopt(kind);
    if (names.length === 0) return;
    log.info(`The handler of kind ${kind} replaces ${names.join(", ")}: only its own jobs see that`);
  }

  /** The thread is no longer usable. Its current job goes to another consumer, and is charged if it is guilty. */
  #retire(why: string, guilty: number | null): void {
    if (this.#unusable !== null) return;
    this.#unusable = why;
    this.#results.flush();
    this.#options.tell({ type: "unusable", why, guilty });
  }

  /**
   * Runs only in this thread, because a thread that hangs must fall silent. All threads send their heartbeats at the
   * same moments of the clock, to share one transaction: each transaction takes a lock that a user's `sqlite3` may
   * want.
   */
  #beat(): void {
    const { clock, guards: { memory }, log, start: { heartbeatMs }, state, tell } = this.#options;
    clock.after(heartbeatMs - clock.wallNow() % heartbeatMs, () => {
      const { takenMb, problem } = memory.look();
      state.memoryMb = takenMb;
      // What jobs that have ended go on doing takes memory too.
      if (problem !== null) return this.#retire(problem, this.#hasLeftovers ? null : this.#ticket);
      tell({ type: "beat" });
      if (this.#current === null) memory.rest();
      else log.info("Heartbeat sent");
      this.#beat();
    });
  }
}
