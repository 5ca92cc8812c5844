/** The producer's thread, and the jobs it asks for. */
import { type Adder, messageOf, QueueError } from "@persistent-queue/queue";
import { type LifeEvents, startChild } from "../child.ts";
import type { HostedThreads } from "./hosted_threads.ts";
import type { Settings } from "../config.ts";
import { Place } from "./place.ts";
import type { FromThread, StartProducer, ToProducer } from "../protocol.ts";
import type { WedgedThreads } from "./wedged_threads.ts";

export interface ProducerPlaceOptions {
  readonly settings: Settings;
  readonly queue: Adder;
  readonly threads: HostedThreads;
  readonly clock: () => number;
  readonly onRestart: (id: string, why: string) => void;
  readonly onError: (error: unknown) => void;
  readonly wedged: WedgedThreads;
}

const URL_OF_THREAD = new URL("../producer.ts", import.meta.url);

export class ProducerPlace {
  readonly #options: ProducerPlaceOptions;
  readonly #place: Place<ToProducer>;

  constructor(options: ProducerPlaceOptions) {
    this.#options = options;
    const { clock, onRestart, wedged } = options;
    this.#place = new Place<ToProducer>({
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
    return this.#place.id !== null;
  }

  fill(): void {
    this.#place.fill();
  }

  stop(ms: number): Promise<void> {
    return this.#place.stop({ type: "close" }, ms);
  }

  #spawn(events: LifeEvents) {
    const { settings, threads } = this.#options;
    const start: StartProducer = {
      intervalMs: settings.producerIntervalMs,
      filesDir: settings.filesDir,
      filesPrefix: settings.filesPrefix,
      log: { dir: settings.logDir, level: settings.logLevel, name: "producer" },
    };
    const onMessage = (message: FromThread) => {
      if (message.type === "add") this.#add(message.ids);
    };
    return startChild<ToProducer, StartProducer>({
      threads,
      url: URL_OF_THREAD,
      name: "producer",
      start,
      onMessage,
      ...events,
    });
  }

  async #add(ids: readonly string[]): Promise<void> {
    try {
      await this.#options.queue.add(ids.map((id) => ({ id, kind: "file" })));
      this.#place.post({ type: "added", ids });
    } catch (error) {
      this.#place.post({ type: "refused", error: messageOf(error) });
      if (!(error instanceof QueueError)) this.#options.onError(error);
    }
  }
}
