/** The producer's thread, and the jobs that it adds. */
import { type Enqueuer, messageOf, QueueError } from "@persistent-queue/queue";
import type { LifeEvents, Spawn } from "../child.ts";
import type { Settings } from "../config.ts";
import { ThreadSlot } from "./thread_slot.ts";
import type { FromThread, StartProducer, ToProducer } from "../protocol.ts";
import type { WedgedThreads } from "./wedged_threads.ts";

export interface ProducerSlotOptions {
  readonly settings: Settings;
  readonly queue: Enqueuer;
  readonly spawn: Spawn;
  readonly clock: () => number;
  readonly onRestart: (id: string, why: string) => void;
  readonly onError: (error: unknown) => void;
  readonly wedged: WedgedThreads;
}

const URL_OF_THREAD = new URL("../producer.ts", import.meta.url);

export class ProducerSlot {
  readonly #options: ProducerSlotOptions;
  readonly #slot: ThreadSlot<ToProducer>;

  constructor(options: ProducerSlotOptions) {
    this.#options = options;
    const { clock, onRestart, wedged } = options;
    this.#slot = new ThreadSlot<ToProducer>({
      role: "producer",
      clock,
      wedged,
      onOver: (id, why) => {
        onRestart(id, why);
        return { wasUseful: false, work: null };
      },
      spawn: (_, events) => this.#spawn(events),
    });
  }

  get isRunning(): boolean {
    return this.#slot.id !== null;
  }

  fill(): void {
    this.#slot.fill();
  }

  stop(ms: number): Promise<void> {
    return this.#slot.stop({ type: "close" }, ms);
  }

  #spawn(events: LifeEvents) {
    const { settings, spawn } = this.#options;
    const start: StartProducer = {
      intervalMs: settings.producerIntervalMs,
      filesDir: settings.filesDir,
      filesPrefix: settings.filesPrefix,
      log: { dir: settings.logDir, level: settings.logLevel, name: "producer" },
    };
    const onMessage = (message: FromThread) => {
      if (message.type === "add") this.#add(message.ids);
    };
    return spawn({ url: URL_OF_THREAD, name: "producer", start, onMessage, ...events });
  }

  async #add(ids: readonly string[]): Promise<void> {
    try {
      await this.#options.queue.add(ids.map((id) => ({ id, kind: "file" })));
      this.#slot.post({ type: "added", ids });
    } catch (error) {
      this.#slot.post({ type: "refused", error: messageOf(error) });
      if (!(error instanceof QueueError)) this.#options.onError(error);
    }
  }
}
