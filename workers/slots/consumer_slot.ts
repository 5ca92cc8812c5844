/** One of the consumers: its thread, its handle, and its state for the pages. */
import type { Claimed, ConsumerState, ConsumerView } from "@persistent-queue/queue";
import type { LifeEvents, Spawn } from "../child.ts";
import type { Settings } from "../config.ts";
import { isOnServer } from "../config/queue_place.ts";
import { ConsumerHandle } from "../dispatch/consumer_handle.ts";
import type { EndOfConsumer } from "../dispatch/abandoned.ts";
import type { Dispatcher } from "../dispatcher.ts";
import { endOf } from "./end_of_life.ts";
import type { WatchedConsumer } from "./memory_watch.ts";
import type { FileHolder } from "./open_files_watch.ts";
import { type LifeSummary, type Replacing, ThreadSlot } from "./thread_slot.ts";
import type { FromThread, StartConsumer, ToConsumer } from "../protocol.ts";
import type { WedgedThreads } from "./wedged_threads.ts";

export interface ConsumerSlotOptions {
  /** 1, 2, 3 … */
  readonly slot: number;
  readonly settings: Settings;
  readonly handlers: URL;
  readonly spawn: Spawn;
  readonly dispatcher: Dispatcher;
  readonly clock: () => number;
  readonly onReady: () => void;
  readonly onRestart: (id: string, why: string) => void;
  readonly onWarning: (text: string) => void;
  readonly onUnloadable: (kind: string, why: string, how: { readonly isFatal: boolean }) => void;
  readonly wedged: WedgedThreads;
}

/** Heartbeats missed in a row before a consumer counts as silent. */
const MISSED_HEARTBEATS = 3;
/** The shortest silence that counts, because a busy machine delays heartbeats. */
const MIN_SILENCE_MS = 1_000;
/**
 * A thread that was ended for its memory first finishes the collections of its full heap, or the native call that fills
 * it, such as the `concat` of two large arrays. On a busy machine, each of the four collections before V8 gives up took
 * 3.4 s at 2 GB, and at 512 MB such a `concat` took more than two seconds.
 */
const EXTRA_MS_PER_MB = 20;

const URL_OF_THREAD = new URL("../consumer.ts", import.meta.url);

export class ConsumerSlot implements WatchedConsumer, FileHolder {
  readonly #options: ConsumerSlotOptions;
  readonly #slot: ThreadSlot<ToConsumer>;
  #handle: ConsumerHandle | null = null;
  /** The state of the previous thread when it ended. */
  #last: LifeSummary = { wasUseful: false, work: null };
  /** Names the job whose leftover code is running. */
  #leftover: string | null = null;
  #done = 0;
  #failed = 0;

  constructor(options: ConsumerSlotOptions) {
    this.#options = options;
    const { clock, onRestart, wedged } = options;
    this.#slot = new ThreadSlot<ToConsumer>({
      ...{ role: "consumer", clock, wedged },
      spawn: (id, events) => this.#spawn(id, events),
      onOver: (id, why) => {
        const end = this.#endOf("crashed", why);
        this.#leave(end);
        onRestart(id, end.detail);
        return this.#last;
      },
    });
  }

  get id(): string | null {
    return this.#slot.id;
  }

  get isReady(): boolean {
    return this.#handle?.ready ?? false;
  }

  get isFailing(): boolean {
    return this.#slot.isFailing;
  }

  get heardAt(): number | null {
    return this.#handle?.ready ? this.#handle.heardAt : null;
  }

  get isAtWork(): boolean {
    return this.#handle !== null && this.#handle.underWay !== null;
  }

  get isEndingOne(): boolean {
    return this.#slot.isEndingOne;
  }

  get changedAt(): number {
    return this.#handle?.underWay?.givenAt ?? this.#handle?.progressAt ?? 0;
  }

  get memoryMb(): number {
    return this.#handle?.state.memoryMb ?? 0;
  }

  /** How long the consumer has been silent, in milliseconds; null while no thread is ready. */
  get silentMs(): number | null {
    return this.heardAt === null ? null : this.#options.clock() - this.heardAt;
  }

  fill(): void {
    this.#slot.fill();
  }

  post(message: ToConsumer): void {
    this.#slot.post(message);
  }

  /**
   * The consumer has fallen silent: its jobs go to other consumers, and a fresh thread takes its place. The running job
   * is charged, unless code that another job left behind blocks the thread. Returns how many jobs were taken from it.
   */
  giveUp(silence: string): number {
    const end = this.#endOf("stalled", silence);
    const taken = this.#leave(end);
    this.#slot.replace(end.detail);
    return taken;
  }

  /** `guilty`: the ticket of the job to blame; null = none; determined here unless given. */
  replace(
    why: string,
    { guilty, ...how }: Replacing & { readonly guilty?: number | null },
  ): void {
    const end = this.#endOf("crashed", why, guilty);
    this.#leave(end);
    this.#slot.replace(end.detail, how);
  }

  /** The consumer takes all memory. The running job is to blame, unless code that another job left behind is running. */
  endAndBlame(why: string): void {
    const extraMs = EXTRA_MS_PER_MB * this.#options.settings.consumerMemoryMb;
    this.replace(why, { atOnce: true, extraMs });
  }

  stop(ms: number): Promise<void> {
    return this.#slot.stop({ type: "close" }, ms);
  }

  view(): ConsumerView {
    const handle = this.#handle;
    const held = handle?.underWay ?? null;
    const now = this.#options.clock();
    return {
      id: this.#slot.id ?? "",
      slot: this.#options.slot,
      state: this.#state(held?.job ?? null),
      jobId: held?.job.id ?? null,
      jobMs: held === null ? 0 : now - held.givenAt,
      waiting: handle?.waiting.size ?? 0,
      heartbeatAgeMs: handle?.ready ? now - handle.heardAt : null,
      done: this.#done + (handle?.done ?? 0),
      failed: this.#failed + (handle?.failed ?? 0),
      restarts: this.#slot.restarts,
    };
  }

  #state(job: Claimed | null): ConsumerState {
    if (this.#slot.id === null) return "restarting";
    if (!this.isReady) return "starting";
    const silenceMs = Math.max(this.#options.settings.heartbeatMs * MISSED_HEARTBEATS, MIN_SILENCE_MS);
    if ((this.silentMs ?? 0) >= silenceMs) return "silent";
    if (job !== null) return "working";
    return (this.#handle?.waiting.size ?? 0) > 0 ? "waiting" : "idle";
  }

  #spawn(consumerId: string, events: LifeEvents) {
    const { slot, settings, handlers, spawn, clock } = this.#options;
    const handle = new ConsumerHandle({
      consumerId,
      slot,
      post: (...posting) => child.post(...posting),
      now: clock,
      // Twice before they would count as stalled, because a beat may be late.
      roundBeats: settings.stallMs / settings.heartbeatMs / 2,
    });
    const { heartbeatMs, workMs, consumerMemoryMb: memoryMb, filesDir, startDir } = settings;
    const start: StartConsumer = {
      ...{ consumerId, heartbeatMs, workMs, memoryMb, filesDir, startDir },
      tickets: handle.tickets.shared,
      state: handle.state.shared,
      severalHosts: isOnServer(settings),
      handlers: handlers.href,
      log: { dir: settings.logDir, level: settings.logLevel, name: `consumer_${consumerId}` },
    };
    const onMessage = (message: FromThread) => this.#hear(handle, message);
    const thread = { url: URL_OF_THREAD, name: `consumer ${slot}`, memoryMb, keepsSpare: true };
    const child = spawn({ ...thread, start, onMessage, ...events });
    this.#handle = handle;
    this.#leftover = null;
    return child;
  }

  #hear(handle: ConsumerHandle, message: FromThread): void {
    if (handle !== this.#handle) return;
    const { dispatcher } = this.#options;
    switch (message.type) {
      case "ready":
        handle.ready = true;
        handle.heardAt = this.#options.clock();
        this.#options.onReady();
        return dispatcher.join(handle);
      case "beat":
        return dispatcher.beat(handle);
      case "results":
        return dispatcher.results(handle, message.results);
      case "told":
        return handle.told(message.ticket);
      case "unusable":
        return this.replace(message.why, { guilty: message.guilty });
      case "leftover":
        return void (this.#leftover = message.text);
      case "loaded":
        return this.#options.onUnloadable(message.kind, message.problem ?? "", { isFatal: false });
      case "warning":
        return this.#options.onWarning(message.text);
      default:
        return this.replace(`It sent a message that is not a consumer's: ${message.type}`, { guilty: null });
    }
  }

  #endOf(type: "stalled" | "crashed", why: string, guilty?: number | null): EndOfConsumer {
    return endOf(this.#handle, { type, why, guilty, leftover: this.#leftover });
  }

  #leave(end: EndOfConsumer): number {
    const handle = this.#handle;
    if (handle === null) return 0;
    this.#handle = null;
    // First, so that its jobs are not claimed again at once.
    if (end.unloadable !== undefined) {
      this.#options.onUnloadable(end.unloadable, end.detail, { isFatal: true });
    }
    this.#last = { wasUseful: handle.done > 0, work: this.#workOf(handle) };
    this.#done += handle.done;
    this.#failed += handle.failed;
    return this.#options.dispatcher.leave(handle.consumerId, end);
  }

  #workOf({ state, underWay }: ConsumerHandle): string | null {
    if (state.isInLeftover) return this.#leftover;
    return underWay === null ? null : `job ${underWay.job.id} of kind ${underWay.job.kind}`;
  }
}
