/** A consumer without a thread: the real loop, whose messages travel on the timeline. */
import type { Child } from "../../../workers/child.ts";
import { ThreadState } from "../../../workers/dispatch/thread_state.ts";
import { Tickets } from "../../../workers/dispatch/tickets.ts";
import type { FromThread, JobMessage, StartConsumer, ToConsumer } from "../../../workers/protocol.ts";
import { ConsumerLoop } from "../../../workers/thread/consumer_loop.ts";
import type { Clock } from "../../../workers/thread/runtime.ts";
import { SILENT_LOG } from "../../support/system/silent_log.ts";
import { act } from "./acting.ts";
import { enter } from "./stage.ts";
import { TicketWatch } from "./ticket_watch.ts";
import { type Owner, owner } from "./timeline.ts";
import type { World } from "./world.ts";

/** Looked up at each call: the time is simulated only while a simulation runs. */
const CLOCK: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

export interface ThreadOptions {
  readonly world: World;
  readonly main: Owner;
  readonly start: StartConsumer;
  readonly onMessage: (message: FromThread) => void;
  /** Called once. */
  readonly onEnd: (why: string) => void;
}

export class SimulatedThread implements Child<ToConsumer> {
  readonly owner: Owner;
  readonly consumerId: string;
  readonly ticketWatch = new TicketWatch();
  readonly #options: ThreadOptions;
  readonly #tickets: Tickets;
  readonly #loop: ConsumerLoop;
  /** By ticket. */
  readonly #jobs = new Map<number, JobMessage>();
  /** When the last message arrived that shows it is working. */
  #heardAt = 0;
  /** Messages of one channel never overtake each other. */
  #lastIn = 0;
  #lastOut = 0;

  constructor(options: ThreadOptions) {
    const { world, start } = options;
    this.#options = options;
    this.consumerId = start.consumerId;
    this.owner = owner(`thread ${start.consumerId.slice(0, 6)}`);
    this.#tickets = new Tickets(start.tickets);
    this.#loop = this.#makeLoop();
    enter(this.consumerId, (job, context) => act(world, this, { job, context }));
    world.timeline.after(world.random.below(30), this.owner, () => {
      this.#loop.run().catch((error: unknown) => world.hearError(error));
    });
  }

  /** The guards of a real thread change the process that it runs in, so this one has none. */
  #makeLoop(): ConsumerLoop {
    const { world, start } = this.#options;
    return new ConsumerLoop({
      ...{
        start,
        handlers: world.handlers,
        clock: CLOCK,
        log: SILENT_LOG,
        state: new ThreadState(start.state),
      },
      tickets: { begin: (ticket) => this.#begin(ticket), end: (ticket) => this.#end(ticket) },
      guards: {
        owners: {
          run: (attempt, work) => {
            this.#noteBegin(attempt.ticket);
            return work(attempt);
          },
        },
        tidiness: { beforeJob: () => {}, adopt: () => [], afterJob: () => {} },
        memory: {
          look: () => ({ takenMb: 0, problem: null }),
          countJob: () => {},
          collect: () => {},
          rest: () => {},
        },
      },
      tell: (message) => this.#tell(message),
      close: () => void this.crash("It was closed"),
      hang: () => world.timeline.hang(this.owner, 3 * world.settings.stallMs),
    });
  }

  post(message: ToConsumer): void {
    const { timeline, random } = this.#options.world;
    this.ticketWatch.note(message);
    this.#lastIn = Math.max(this.#lastIn + 0.001, timeline.now + random.below(100) / 100);
    timeline.after(this.#lastIn - timeline.now, this.owner, () => this.#receive(message));
  }

  /** As the runtime ends threads: one that spins ends only when it pauses, and may do a little more before that. */
  end(why: string): void {
    const { timeline, random } = this.#options.world;
    timeline.after(random.below(3), this.owner, () => {
      timeline.after(random.chance(0.5) ? 0 : random.below(50), this.owner, () => this.crash(why));
    });
  }

  /** Ends at once, wherever it is. Returns a promise that never settles. */
  crash(why: string): Promise<never> {
    const { world, main, onEnd } = this.#options;
    if (this.owner.alive) {
      this.owner.alive = false;
      world.book.died(this.owner.name);
      world.trace.say(this.owner.name, `ends: ${why}`);
      world.timeline.after(world.random.below(200) / 100, main, () => onEnd(why));
    }
    return new Promise<never>(() => {});
  }

  /** Called when it is given up: it must itself have been silent, and not because the process was paused. */
  assertSilent(): void {
    const { world } = this.#options;
    world.silences += 1;
    if (!this.owner.alive || this.owner.silentUntil >= this.#heardAt) return;
    world.book.blame(`Consumer ${this.consumerId} was given up, but did not hang`);
  }

  #receive(message: ToConsumer): void {
    if (message.type === "jobs") { for (const job of message.jobs) this.#jobs.set(job.ticket, job); }
    this.#loop.receive([message]);
  }

  /** A dead thread goes no further: what still runs of it here must change nothing. */
  #begin(ticket: number): boolean {
    return this.owner.alive && this.#tickets.begin(ticket);
  }

  #noteBegin(ticket: number): void {
    const { world, main } = this.#options;
    const job = this.#jobs.get(ticket);
    if (job === undefined || !this.#tickets.isUnderWay(ticket)) {
      return world.book.blame(`Consumer ${this.consumerId} runs a job that it may not begin`);
    }
    world.trace.say(this.owner.name, `begins ${job.id}:${job.lease}, attempt ${job.attempt}`);
    world.book.began(this.owner.name, job, main.name);
  }

  #end(ticket: number): void {
    const { world } = this.#options;
    const job = this.#jobs.get(ticket);
    if (!this.owner.alive || job === undefined) return;
    this.#jobs.delete(ticket);
    world.book.ended(this.owner.name);
    this.#tickets.end(ticket);
    world.trace.say(this.owner.name, `ends ${job.id}:${job.lease}`);
    if (world.strikes(0.003)) this.crash("It died between the end of a job and its report");
  }

  /** Sometimes late, and sometimes twice. */
  #tell(message: FromThread): void {
    const { world, main, onMessage } = this.#options;
    const { timeline, random } = world;
    if (!this.owner.alive) return;
    const lateMs = world.strikes(0.01) ? random.below(2_000) : random.below(50) / 100;
    this.#lastOut = Math.max(this.#lastOut + 0.001, timeline.now + lateMs);
    if (lateMs > 1) this.owner.silentUntil = Math.max(this.owner.silentUntil, this.#lastOut);
    const arrive = () => {
      if (["ready", "beat", "results"].includes(message.type)) this.#heardAt = timeline.now;
      onMessage(message);
    };
    timeline.after(this.#lastOut - timeline.now, main, arrive);
    if (message.type === "results" && world.strikes(0.02)) {
      timeline.after(this.#lastOut - timeline.now + random.below(100), main, arrive);
    }
  }
}
