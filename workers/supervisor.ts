/**
 * Keeps everything running: the producer, the consumers, the sweep. Replaces threads that die, gives up those that
 * hang, and knows the state of each.
 */
import {
  assertPassing,
  EXIT,
  messageOf,
  type QueueEvent,
  sleep,
  type SystemView,
} from "@persistent-queue/queue";
import { type Spawn, startChild } from "./child.ts";
import { ConsumerSlot, type ConsumerSlotOptions } from "./slots/consumer_slot.ts";
import { logLines, type SystemEvent } from "./reporting/log_lines.ts";
import { Dispatcher } from "./dispatcher.ts";
import { handlersUrl } from "./process/handler_project.ts";
import type { HandlerCheck } from "./slots/handler_check.ts";
import { HostedThreads } from "./slots/hosted_threads.ts";
import { orderHandler } from "./orders.ts";
import { ProcessWatch } from "./slots/process_watch.ts";
import { ProducerSlot } from "./slots/producer_slot.ts";
import { StartTurns } from "./slots/start_turns.ts";
import { RecentEvents } from "./reporting/recent_events.ts";
import type { SupervisorOptions } from "./supervisor_options.ts";
import { Sweeper } from "./sweeper.ts";
import { warningsOf } from "./reporting/warnings.ts";
import { WedgedThreads } from "./slots/wedged_threads.ts";

type PartsOfSlot = Pick<ConsumerSlotOptions, "settings" | "clock" | "spawn" | "wedged">;

const CLOSE_MS = 1_000;
const RECOVERY_RETRY_MS = 1_000;

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #dispatcher: Dispatcher;
  readonly #consumers: readonly ConsumerSlot[];
  readonly #producer: ProducerSlot | null;
  readonly #sweeper: Sweeper;
  /** Null if threads are simulated: then there is no process to watch. */
  readonly #processWatch: ProcessWatch | null;
  readonly #recent: RecentEvents;
  readonly #threads: HostedThreads;
  readonly #wedged: WedgedThreads;
  readonly #startedAt: number;
  #sweep: { lastAt: number | null; lastRequeued: number } = { lastAt: null, lastRequeued: 0 };
  /** Whether a consumer has taken jobs. */
  #hasBegun = false;
  readonly #begun = Promise.withResolvers<void>();
  #stopping: Promise<void> | null = null;
  #leave = () => {};

  constructor(options: SupervisorOptions) {
    const { queue, settings, now = () => queue.now(), clock = () => performance.now() } = options;
    const dispatch = options.dispatch ?? ((parts) => new Dispatcher(parts));
    const tell = (level: "warn" | "error", text: string) => this.#tell(level, text);
    const onError = (error: unknown) => this.#noteError(error);
    const trials = () => options.check?.trials ?? [];
    this.#options = options;
    this.#threads = options.threads ?? new HostedThreads();
    this.#startedAt = now();
    this.#recent = new RecentEvents(now);
    this.#wedged = new WedgedThreads({ tell, onTooMany: (why) => options.onFatal(EXIT.wedged, why) });
    this.#dispatcher = dispatch({
      ...{ queue, clock, onError },
      onUnusable: (id, why, blame) => this.#consumerOf(id)?.replace(why, blame),
    });
    const spawn: Spawn = options.spawn ?? ((child) => startChild({ threads: this.#threads, ...child }));
    const shared = { settings, clock, spawn, wedged: this.#wedged };
    this.#consumers = this.#newConsumers(shared);
    this.#producer = settings.producerIntervalMs === 0 ? null : new ProducerSlot({
      ...{ ...shared, queue, onError },
      onRestart: (id, why) => this.#report({ type: "restarted", role: "producer", id, why }),
    });
    this.#processWatch = options.spawn === undefined
      ? new ProcessWatch({ consumers: this.#consumers, settings, trials, clock, tell, onError })
      : null;
    this.#sweeper = new Sweeper({
      ...{ queue, settings, clock, onError },
      judge: (moment) => this.#judge(moment),
      held: () => this.#dispatcher.leases,
      onSwept: (lastRequeued) => this.#sweep = { lastAt: now(), lastRequeued },
      onLost: (why) => options.onFatal(EXIT.storage, why),
    });
  }

  #newConsumers(shared: PartsOfSlot): ConsumerSlot[] {
    const { settings, spawn } = shared;
    const turns = new StartTurns();
    const parts = {
      ...shared,
      dispatcher: this.#dispatcher,
      handlers: this.#options.handlers ?? handlersUrl(settings.handlersDir),
      spawn: (child: Parameters<Spawn>[0]) => spawn({ ...child, turns }),
      onReady: () => {
        this.#hasBegun = true;
        this.#begun.resolve();
      },
      onRestart: (id: string, why: string) => {
        this.#report({ type: "restarted", role: "consumer", id, why });
        this.#processWatch?.removeOldLogs();
      },
      onWarning: (text: string) => {
        this.#tell("warn", text);
        this.#processWatch?.restoreFolder();
      },
      onUnloadable: (...found: Parameters<HandlerCheck["hold"]>) => this.#options.check?.hold(...found),
    };
    return Array.from({ length: settings.consumers }, (_, i) => new ConsumerSlot({ ...parts, slot: i + 1 }));
  }

  /** Resolves when a consumer takes jobs for the first time. */
  get begun(): Promise<void> {
    return this.#begun.promise;
  }

  /** First recovers what a dead process left behind, then starts all threads. */
  async start(): Promise<void> {
    const { queue, settings } = this.#options;
    const unsubscribe = queue.subscribe((event) => this.#hear(event));
    const onOrder = orderHandler(this, { settings, tell: (event) => this.#report(event) });
    const presented = queue.present({ view: () => this.view(), onOrder });
    this.#leave = () => {
      unsubscribe();
      presented[Symbol.dispose]();
    };
    await this.#recover();
    await queue.probe().catch(assertPassing);
    if (this.#stopping !== null) return;
    for (const consumer of this.#consumers) consumer.fill();
    this.#producer?.fill();
    this.#sweeper.start();
    this.#processWatch?.start();
  }

  /** If a lock is held or the disk is full, waits, and the pages say so meanwhile. @throws {StorageError} a lasting one */
  async #recover(): Promise<void> {
    while (this.#stopping === null) {
      try {
        await this.#options.queue.recover();
        return;
      } catch (error) {
        assertPassing(error);
        this.#tell("warn", `${error.message} The start waits for that.`);
        await sleep(RECOVERY_RETRY_MS);
      }
    }
  }

  /** Idempotent. Running jobs may finish within `patienceMs`. Resolves when no job is in flight and every log is written. */
  stop({ patienceMs = this.#options.settings.stopMs }: { patienceMs?: number } = {}): Promise<void> {
    this.#stopping ??= this.#stop(patienceMs);
    return this.#stopping;
  }

  async #stop(patienceMs: number): Promise<void> {
    this.#sweeper.stop();
    this.#processWatch?.stop();
    await Promise.all([this.#producer?.stop(CLOSE_MS), this.#dispatcher.stop(patienceMs)]);
    await Promise.all(this.#consumers.map((consumer) => consumer.stop(CLOSE_MS)));
    this.#threads[Symbol.dispose]();
    await this.#processWatch?.logsRemoved;
    this.#leave();
  }

  view(): SystemView {
    const consumers = this.#consumers.map((consumer) => consumer.view());
    const { settings, queue, check, warnings: others } = this.#options;
    const view = {
      startedAt: this.#startedAt,
      starting: !this.#hasBegun,
      stopping: this.#stopping !== null,
      consumers,
      wedged: this.#wedged.count,
      sweep: this.#sweep,
      producing: this.#producer?.isRunning ?? false,
      takesFaults: settings.faultInjection,
      events: this.#recent.list(),
      trouble: this.#trouble(),
      memoryBytes: Deno.memoryUsage().rss,
    };
    const storage = [...queue.warnings, ...(others?.() ?? []), ...(check?.problems ?? [])];
    return {
      ...view,
      warnings: warningsOf({ ...view, wedged: this.#wedged.warnings, storage }, {
        settings,
        failing: this.#consumers.some(({ isFailing }) => isFailing),
      }),
    };
  }

  /** Looks for stalled jobs now, as it does every `SWEEP_MS`. Returns how many were requeued. @throws {StorageError} */
  sweep(): Promise<number> {
    return this.#sweeper.sweep();
  }

  /** Makes a consumer crash or hang, to show how the system recovers. `by` names the user. False: no such consumer. */
  injectFault(consumerId: string, how: "crash" | "hang", by: string): boolean {
    const consumer = this.#consumers.find(({ id, isReady }) => isReady && id === consumerId);
    if (consumer === undefined) return false;
    this.#report({ type: "provoked", consumerId, how, by });
    consumer.post({ type: "fault", how });
    return true;
  }

  #trouble(): string | null {
    if (this.#options.queue.trouble !== null) return this.#options.queue.trouble;
    if (this.#stopping !== null) return "The system is stopping.";
    return this.#consumers.some(({ isReady }) => isReady) ? null : "No consumer is alive at the moment.";
  }

  #hear(event: QueueEvent): void {
    this.#dispatcher.hear(event);
    this.#report(event);
  }

  #tell(level: "warn" | "error", text: string): void {
    this.#report({ type: "notice", level, text });
  }

  #noteError(error: unknown): void {
    this.#options.onError?.(error);
    this.#tell("error", messageOf(error));
  }

  /** Undefined: its thread has been replaced. */
  #consumerOf(id: string): ConsumerSlot | undefined {
    return this.#consumers.find((consumer) => consumer.id === id);
  }

  /** Sends an event to the pages as data and to the logs as lines. */
  #report(event: QueueEvent | SystemEvent): void {
    this.#recent.add(event);
    for (const { level, text, consumerId } of logLines(event)) {
      this.#options.log[level](text);
      if (consumerId === undefined || level === "debug") continue;
      this.#consumerOf(consumerId)?.post({ type: "note", level: level === "info" ? "info" : "warn", text });
    }
  }

  /** Gives up every consumer that has been silent for `STALL_MS`: it hangs. */
  #judge({ justWoke }: { justWoke: boolean }): number {
    this.#processWatch?.restoreFolder();
    const { stallMs } = this.#options.settings;
    const silent = justWoke ? [] : this.#consumers.filter(({ silentMs }) => (silentMs ?? 0) > stallMs);
    const said = ({ silentMs }: ConsumerSlot) => `No heartbeat for ${Math.round((silentMs ?? 0) / 1000)} s`;
    return silent.reduce((freed, consumer) => freed + consumer.giveUp(said(consumer)), 0);
  }
}
