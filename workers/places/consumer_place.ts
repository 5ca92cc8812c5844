/** One of the consumers: its thread, its desk, and how it looks to people. */
import type { Claimed } from "@persistent-queue/queue";
import { startChild } from "../child.ts";
import type { Settings } from "../config.ts";
import { Desk } from "../dispatch/desk.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { Place } from "./place.ts";
import type { FromThread, StartConsumer, ToConsumer } from "../protocol.ts";

export interface ConsumerPlaceOptions {
  /** 1, 2, 3 … */
  readonly slot: number;
  readonly settings: Settings;
  readonly handlers: URL;
  readonly dispatcher: Dispatcher;
  readonly clock: () => number;
  readonly onRestart: (id: string, why: string) => void;
  readonly onWedged: () => void;
}

export type ConsumerState =
  | "starting"
  | "idle"
  | "working"
  | "waiting"
  | "stopping"
  | "wedged"
  | "restarting";

export interface ConsumerView {
  readonly id: string;
  readonly slot: number;
  readonly state: ConsumerState;
  readonly jobId: string | null;
  readonly jobMs: number;
  readonly waiting: number;
  readonly heartbeatAgeMs: number | null;
  readonly done: number;
  readonly failed: number;
  readonly restarts: number;
}

const URL_OF_THREAD = new URL("../consumer.ts", import.meta.url);

export class ConsumerPlace {
  readonly #options: ConsumerPlaceOptions;
  readonly #place: Place<ToConsumer>;
  #desk: Desk | null = null;
  #done = 0;
  #failed = 0;

  constructor(options: ConsumerPlaceOptions) {
    this.#options = options;
    const { clock, onRestart, onWedged } = options;
    this.#place = new Place<ToConsumer>({
      clock,
      onWedged,
      spawn: (id, onEnd) => this.#spawn(id, onEnd),
      onOver: (id, why) => {
        const wasUseful = (this.#desk?.done ?? 0) > 0;
        this.#leave({ type: "crashed", detail: why });
        onRestart(id, why);
        return wasUseful;
      },
    });
  }

  get id(): string | null {
    return this.#place.id;
  }

  get isReady(): boolean {
    return this.#desk?.ready ?? false;
  }

  get wedged(): number {
    return this.#place.wedged;
  }

  get isFailing(): boolean {
    return this.#place.isFailing;
  }

  /** For how long nothing was heard of it, in milliseconds; null while there is nobody to hear of. */
  get silentMs(): number | null {
    return this.#desk?.ready ? this.#options.clock() - this.#desk.heardAt : null;
  }

  fill(): void {
    this.#place.fill();
  }

  post(message: ToConsumer): void {
    this.#place.post(message);
  }

  /**
   * It has stopped answering: its jobs go to others, the one it was on is charged, a fresh thread takes its place.
   * Answers how many jobs were taken from it.
   */
  giveUp(why: string): number {
    const taken = this.#leave({ type: "stalled", detail: why });
    this.#place.replace(why);
    return taken;
  }

  replace(why: string): void {
    this.#place.replace(why);
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
    if (job !== null) return "working";
    return (this.#desk?.waiting.size ?? 0) > 0 ? "waiting" : "idle";
  }

  #spawn(consumerId: string, onEnd: (why: string) => void) {
    const { slot, settings, handlers, clock } = this.#options;
    const desk = new Desk({ consumerId, slot, post: (...posting) => child.post(...posting), now: clock });
    const start: StartConsumer = {
      type: "start",
      consumerId,
      lifeLock: `consumer ${consumerId}`,
      tickets: desk.tickets.shared,
      heartbeatMs: settings.heartbeatMs,
      workMs: settings.workMs,
      filesDir: settings.filesDir,
      startDir: settings.startDir,
      handlers: handlers.href,
      log: { dir: settings.logDir, level: settings.logLevel, name: `consumer_${consumerId}` },
    };
    const onMessage = (message: FromThread) => this.#hear(desk, message);
    const child = startChild<ToConsumer, StartConsumer>({
      url: URL_OF_THREAD,
      name: `consumer ${slot}`,
      start,
      onMessage,
      onEnd,
    });
    this.#desk = desk;
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
      case "unusable":
        return this.replace(message.why);
      default:
        return this.replace(`It sent a message that is not a consumer's: ${message.type}`);
    }
  }

  #leave(end: { type: "crashed" | "stalled"; detail: string }): number {
    const desk = this.#desk;
    if (desk === null) return 0;
    this.#desk = null;
    this.#done += desk.done;
    this.#failed += desk.failed;
    return this.#options.dispatcher.leave(desk.consumerId, end);
  }
}
