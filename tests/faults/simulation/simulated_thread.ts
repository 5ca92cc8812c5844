/** A consumer's thread as in `workers/consumer.ts`, without a real thread: its messages travel on the timeline. */
import { Tickets } from "../../../workers/dispatch/tickets.ts";
import type { FromThread, JobMessage, ToConsumer } from "../../../workers/protocol.ts";
import { Attempt } from "../../../workers/thread/attempt.ts";
import { Report } from "../../../workers/thread/report.ts";
import type { Clock } from "../../../workers/thread/runtime.ts";
import type { ThreadState } from "../../../workers/dispatch/thread_state.ts";
import { act } from "./acting.ts";
import { enter } from "./stage.ts";
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
  readonly consumerId: string;
  readonly tickets: SharedArrayBuffer;
  readonly state: ThreadState;
  readonly heartbeatMs: number;
  readonly onMessage: (message: FromThread) => void;
  /** Called once. */
  readonly onEnd: (why: string) => void;
}

export class SimulatedThread {
  readonly owner: Owner;
  readonly consumerId: string;
  readonly #options: ThreadOptions;
  readonly #tickets: Tickets;
  readonly #inbox: JobMessage[] = [];
  readonly #report = new Report((message) => this.#tell(message), CLOCK);
  #current: Attempt | null = null;
  #wake = () => {};
  /** Messages of one channel never overtake each other. */
  #lastIn = 0;
  #lastOut = 0;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.consumerId = options.consumerId;
    this.owner = owner(`thread ${options.consumerId.slice(0, 6)}`);
    this.#tickets = new Tickets(options.tickets);
    const { world, consumerId } = options;
    enter(consumerId, (job, context) => act(world, this, { job, context }));
    world.timeline.after(world.random.below(30), this.owner, () => this.#live());
  }

  post(message: ToConsumer): void {
    const { timeline, random } = this.#options.world;
    this.#lastIn = Math.max(this.#lastIn + 0.001, timeline.now + random.below(100) / 100);
    timeline.after(this.#lastIn - timeline.now, this.owner, () => this.#receive(message));
  }

  /** As the runtime ends threads: one that spins ends only when it pauses, and may do a little before that. */
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

  async #live(): Promise<void> {
    this.#tell({ type: "ready" });
    this.#beat();
    for (;;) {
      if (this.#inbox.length === 0) await new Promise<void>((resolve) => this.#wake = resolve);
      for (let job = this.#inbox.shift(); job !== undefined; job = this.#inbox.shift()) {
        if (this.#tickets.begin(job.ticket)) await this.#work(job);
      }
      this.#report.flush();
    }
  }

  async #work(job: JobMessage): Promise<void> {
    const { world, consumerId } = this.#options;
    world.trace.say(this.owner.name, `begins ${job.id}:${job.lease}, attempt ${job.attempt}`);
    world.book.began(this.owner.name, job);
    const began = performance.now();
    this.#current = new Attempt(job, {
      ...{ consumerId, settings: { filesDir: "", startDir: "", workMs: 0 }, handlers: world.handlers },
      ...{ clock: CLOCK, state: this.#options.state, onLoaded: () => {}, log: () => {} },
    });
    const outcome = await this.#current.run();
    if (!this.owner.alive) return await new Promise<never>(() => {});
    const { stubborn } = this.#current;
    this.#current = null;
    world.book.ended(this.owner.name);
    this.#tickets.end(job.ticket);
    world.trace.say(this.owner.name, `ends ${job.id}:${job.lease} ${outcome.type}`);
    if (world.strikes(0.003)) return await this.crash("It died between the end of a job and its report");
    this.#report.add(job.ticket, outcome, performance.now() - began);
    if (stubborn === null) return;
    this.#report.flush();
    this.#tell({ type: "unusable", why: stubborn, guilty: null });
  }

  #receive(message: ToConsumer): void {
    if (message.type === "jobs") {
      if (message.soon) this.#inbox.unshift(...message.jobs);
      else this.#inbox.push(...message.jobs);
      this.#wake();
    } else if (message.type === "cancel") {
      this.#tell({ type: "told", ticket: message.ticket });
      if (this.#current?.ticket === message.ticket) this.#current.cancel(message.reason);
    } else if (message.type === "close") this.crash("It was closed");
  }

  #beat(): void {
    const { heartbeatMs } = this.#options;
    setTimeout(() => {
      this.#tell({ type: "beat" });
      this.#beat();
    }, heartbeatMs - Date.now() % heartbeatMs);
  }

  /** Sometimes late, and sometimes twice. */
  #tell(message: FromThread): void {
    const { world, main, onMessage } = this.#options;
    const { timeline, random } = world;
    if (!this.owner.alive) return;
    const lateMs = world.strikes(0.01) ? random.below(2_000) : random.below(50) / 100;
    this.#lastOut = Math.max(this.#lastOut + 0.001, timeline.now + lateMs);
    if (lateMs > 1) this.owner.silentUntil = Math.max(this.owner.silentUntil, this.#lastOut);
    const arrive = () => onMessage(message);
    timeline.after(this.#lastOut - timeline.now, main, arrive);
    if (message.type === "results" && world.strikes(0.02)) {
      timeline.after(this.#lastOut - timeline.now + random.below(100), main, arrive);
    }
  }
}
