/** One of the consumers: its thread, its desk, and its state for the pages. */
import type { Claimed } from "@persistent-queue/queue";
import { type LifeEvents, startChild } from "../child.ts";
import type { HostedThreads } from "./hosted_threads.ts";
import type { Settings } from "../config.ts";
import { Desk } from "../dispatch/desk.ts";
import type { EndOfConsumer } from "../dispatch/unfinished.ts";
import type { Dispatcher } from "../dispatcher.ts";
import type { WatchedConsumer } from "./memory_watch.ts";
import type { FileHolder } from "./open_files_watch.ts";
import { type LifeSummary, Place } from "./place.ts";
import type { ConsumerState, ConsumerView } from "../telling/supervisor_view.ts";
import type { FromThread, StartConsumer, ToConsumer } from "../protocol.ts";
import type { WedgedThreads } from "./wedged_threads.ts";

export interface ConsumerPlaceOptions {
  /** 1, 2, 3 … */
  readonly slot: number;
  readonly settings: Settings;
  readonly handlers: URL;
  readonly threads: HostedThreads;
  readonly dispatcher: Dispatcher;
  readonly clock: () => number;
  readonly onRestart: (id: string, why: string) => void;
  readonly onWarning: (text: string) => void;
  readonly wedged: WedgedThreads;
}

/** Heartbeats missed in a row before a consumer counts as silent. */
const MISSED_HEARTBEATS = 3;
/** However fast the heartbeats are: a busy machine delays them. */
const LEAST_SILENCE_MS = 1_000;

const URL_OF_THREAD = new URL("../consumer.ts", import.meta.url);

export class ConsumerPlace implements WatchedConsumer, FileHolder {
  readonly #options: ConsumerPlaceOptions;
  readonly #place: Place<ToConsumer>;
  #desk: Desk | null = null;
  /** How the most recent life stood when it ended. */
  #last: LifeSummary = { wasUseful: false, work: null };
  /** The code that its jobs left behind, while that runs. */
  #leftover: string | null = null;
  #done = 0;
  #failed = 0;

  constructor(options: ConsumerPlaceOptions) {
    this.#options = options;
    const { clock, onRestart, wedged } = options;
    this.#place = new Place<ToConsumer>({
      role: "consumer",
      clock,
      wedged,
      spawn: (id, events) => this.#spawn(id, events),
      onOver: (id, why) => {
        this.#leave({ type: "crashed", detail: why });
        onRestart(id, why);
        return this.#last;
      },
    });
  }

  get id(): string | null {
    return this.#place.id;
  }

  get isReady(): boolean {
    return this.#desk?.ready ?? false;
  }

  get isFailing(): boolean {
    return this.#place.isFailing;
  }

  get heardAt(): number | null {
    return this.#desk?.ready ? this.#desk.heardAt : null;
  }

  get isAtWork(): boolean {
    return this.#desk !== null && this.#desk.underWay !== null;
  }

  get changedAt(): number {
    return this.#desk?.underWay?.givenAt ?? this.#desk?.progressAt ?? 0;
  }

  get memoryMb(): number {
    return this.#desk?.state.memoryMb ?? 0;
  }

  /** How long the consumer has been silent, in milliseconds; null while no thread is ready. */
  get silentMs(): number | null {
    return this.heardAt === null ? null : this.#options.clock() - this.heardAt;
  }

  fill(): void {
    this.#place.fill();
  }

  post(message: ToConsumer): void {
    this.#place.post(message);
  }

  /**
   * It has fallen silent: its jobs go to other consumers, and the running one is charged unless code that
   * another job left behind holds it up. A fresh thread takes its place. Returns how many jobs were taken
   * from it.
   */
  giveUp(silence: string): number {
    const isInLeftover = this.#desk?.state.isInLeftover ?? false;
    const detail = isInLeftover ? `${silence}: ${this.#leftover} runs` : silence;
    const taken = this.#leave({ type: "stalled", detail, ...(isInLeftover ? { guilty: null } : {}) });
    this.#place.replace(detail);
    return taken;
  }

  /** `guilty`: the ticket of the job to blame; null = none; found out unless given. */
  replace(
    why: string,
    { guilty, ...how }: { readonly guilty?: number | null; readonly atOnce?: boolean },
  ): void {
    const detail = this.#desk?.state.isInLeftover ? `${why}: ${this.#leftover} runs` : why;
    this.#leave({ type: "crashed", detail, ...(guilty === undefined ? {} : { guilty }) });
    this.#place.replace(detail, how);
  }

  /** It takes all memory. The running job is to blame, unless code runs that another job left behind. */
  convict(why: string): void {
    this.replace(why, { atOnce: true, ...(this.#desk?.state.isInLeftover ? { guilty: null } : {}) });
  }

  stop(ms: number): Promise<void> {
    return this.#place.stop({ type: "close" }, ms);
  }

  view(): ConsumerView {
    const desk = this.#desk;
    const held = desk?.underWay ?? null;
    const now = this.#options.clock();
    return {
      id: this.#place.id ?? "",
      slot: this.#options.slot,
      state: this.#state(held?.job ?? null),
      jobId: held?.job.id ?? null,
      jobMs: held === null ? 0 : now - held.givenAt,
      waiting: desk?.waiting.size ?? 0,
      heartbeatAgeMs: desk?.ready ? now - desk.heardAt : null,
      done: this.#done + (desk?.done ?? 0),
      failed: this.#failed + (desk?.failed ?? 0),
      restarts: this.#place.restarts,
    };
  }

  #state(job: Claimed | null): ConsumerState {
    if (this.#place.id === null) return "restarting";
    if (!this.isReady) return "starting";
    const { settings: { heartbeatMs } } = this.#options;
    const silenceMs = Math.max(heartbeatMs * MISSED_HEARTBEATS, LEAST_SILENCE_MS);
    if ((this.silentMs ?? 0) >= silenceMs) return "silent";
    if (job !== null) return "working";
    return (this.#desk?.waiting.size ?? 0) > 0 ? "waiting" : "idle";
  }

  #spawn(consumerId: string, events: LifeEvents) {
    const { slot, settings, handlers, threads, clock } = this.#options;
    const desk = new Desk({ consumerId, slot, post: (...posting) => child.post(...posting), now: clock });
    const start: StartConsumer = {
      consumerId,
      tickets: desk.tickets.shared,
      state: desk.state.shared,
      heartbeatMs: settings.heartbeatMs,
      workMs: settings.workMs,
      memoryMb: settings.consumerMemoryMb,
      filesDir: settings.filesDir,
      startDir: settings.startDir,
      handlers: handlers.href,
      log: { dir: settings.logDir, level: settings.logLevel, name: `consumer_${consumerId}` },
    };
    const onMessage = (message: FromThread) => this.#hear(desk, message);
    const child = startChild<ToConsumer, StartConsumer>({
      threads,
      url: URL_OF_THREAD,
      name: `consumer ${slot}`,
      start,
      memoryMb: settings.consumerMemoryMb,
      keepsSpare: true,
      onMessage,
      ...events,
    });
    this.#desk = desk;
    this.#leftover = null;
    return child;
  }

  #hear(desk: Desk, message: FromThread): void {
    if (desk !== this.#desk) return;
    const { dispatcher } = this.#options;
    switch (message.type) {
      case "ready":
        desk.ready = true;
        desk.heardAt = this.#options.clock();
        return dispatcher.join(desk);
      case "beat":
        return dispatcher.beat(desk);
      case "results":
        return dispatcher.results(desk, message.results, message.busyMs);
      case "told":
        return desk.told(message.ticket);
      case "unusable":
        return this.replace(message.why, { guilty: message.guilty });
      case "leftover":
        this.#leftover = message.text;
        return;
      case "warning":
        return this.#options.onWarning(message.text);
      default:
        return this.replace(`It sent a message that is not a consumer's: ${message.type}`, { guilty: null });
    }
  }

  #leave(end: EndOfConsumer): number {
    const desk = this.#desk;
    if (desk === null) return 0;
    this.#desk = null;
    this.#last = { wasUseful: desk.done > 0, work: this.#workOf(desk) };
    this.#done += desk.done;
    this.#failed += desk.failed;
    return this.#options.dispatcher.leave(desk.consumerId, end);
  }

  #workOf({ state, underWay }: Desk): string | null {
    if (state.isInLeftover) return this.#leftover;
    return underWay === null ? null : `job ${underWay.job.id} of kind ${underWay.job.kind}`;
  }
}
