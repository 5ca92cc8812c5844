/**
 * Finds what no event reports: every `sweepMs` stalled jobs, ten times a second whether the storage works, writes of
 * other programs, and once what an unclean stop left behind.
 *
 * A sweep that comes late says nothing about the consumers: the whole process was paused or busy, and their heartbeats
 * wait to be read. So a late sweep is skipped, and one soon after a pause waits for them. For as long as the pause was,
 * at most half a stall, no consumer is given up: all threads wake at once then, and some wait for a processor. Lateness
 * compares monotonic time with itself, so setting the clock changes nothing.
 */
import { type Lease, type Maintainer, messageOf, sleep, StorageError } from "@persistent-queue/queue";

import type { Settings } from "./config.ts";

export interface SweeperOptions {
  readonly queue: Maintainer;
  readonly settings: Pick<Settings, "heartbeatMs" | "sweepMs" | "stallMs">;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
  /** Gives up consumers that have fallen silent, unless `justWoke`. Returns how many jobs that freed. */
  readonly judge: (moment: { readonly justWoke: boolean }) => number;
  /** The jobs that the consumers have in flight. */
  readonly held: () => readonly Lease[];
  readonly onSwept: (requeued: number) => void;
  readonly onError: (error: unknown) => void;
  /** The storage is lost for good. */
  readonly onLost: (why: string) => void;
}

const PROBE_MS = 100;
/** A delay of more than this fraction of `sweepMs` or `stallMs` counts as late. */
const TOLERANCE = 0.5;

export class Sweeper {
  readonly #options: SweeperOptions;
  #sweepTimer: ReturnType<typeof setTimeout> | undefined;
  #probeTimer: ReturnType<typeof setTimeout> | undefined;
  #watch: Disposable | null = null;
  readonly #stop = new AbortController();
  #probeDue = Infinity;
  #wokeAt = -Infinity;
  /** Until then a consumer may be silent just because it waits for a processor. */
  #graceUntil = -Infinity;

  constructor(options: SweeperOptions) {
    this.#options = options;
  }

  start(): void {
    this.#watch = this.#options.queue.watch();
    this.#sweepLater();
    this.#probeLater();
    this.#verifyJobs();
  }

  stop(): void {
    this.#stop.abort();
    this.#watch?.[Symbol.dispose]();
    clearTimeout(this.#sweepTimer);
    clearTimeout(this.#probeTimer);
  }

  /** Returns how many jobs were requeued. @throws {StorageError} */
  async sweep(): Promise<number> {
    const { queue, judge, held, onSwept, clock, settings } = this.#options;
    // Heartbeats that wait to be read go first. Repeated, because another pause may fall into this wait.
    while (this.#wasPaused()) {
      await sleep(settings.heartbeatMs, this.#stop.signal);
      if (this.#stop.signal.aborted) return 0;
    }
    const freed = judge({ justWoke: clock() < this.#graceUntil });
    const requeued = await queue.sweep({ held: held(), freed });
    onSwept(requeued);
    return requeued;
  }

  /** Checks what an unclean stop may have left behind. */
  async #verifyJobs(): Promise<void> {
    try {
      await this.#options.queue.verify(this.#stop.signal);
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#options.onError(error);
    }
  }

  #sweepLater(): void {
    if (this.#stop.signal.aborted) return;
    const { clock, settings: { sweepMs } } = this.#options;
    const due = clock() + sweepMs;
    this.#sweepTimer = setTimeout(async () => {
      if (!this.#isLate(due)) await this.#sweepAndPrune();
      this.#sweepLater();
    }, sweepMs);
  }

  async #sweepAndPrune(): Promise<void> {
    try {
      await this.sweep();
      await this.#options.queue.prune();
    } catch (error) {
      // The next sweep tries again; the queue itself reports storage trouble to the pages.
      if (!this.#stop.signal.aborted) this.#options.onError(error);
    }
  }

  #probeLater(): void {
    if (this.#stop.signal.aborted) return;
    const due = this.#options.clock() + PROBE_MS;
    this.#probeDue = due;
    this.#probeTimer = setTimeout(async () => {
      this.#notePause(due);
      await this.#probe();
      // The pause may have happened during the probe.
      this.#notePause(due);
      this.#probeLater();
    }, PROBE_MS);
  }

  #notePause(due: number): void {
    if (!this.#isLate(due)) return;
    this.#wokeAt = this.#options.clock();
    const pausedMs = this.#wokeAt - due;
    const graceMs = Math.min(pausedMs, this.#options.settings.stallMs * TOLERANCE);
    // A short pause does not shorten the grace period of a long one.
    this.#graceUntil = Math.max(this.#graceUntil, this.#wokeAt + graceMs);
  }

  /** Whether the process was paused or busy until a moment ago. */
  #wasPaused(): boolean {
    const { clock, settings } = this.#options;
    return this.#isLate(this.#probeDue) || clock() - this.#wokeAt < 2 * settings.heartbeatMs;
  }

  #isLate(due: number): boolean {
    const { clock, settings: { sweepMs, stallMs } } = this.#options;
    return clock() - due > Math.min(sweepMs, stallMs) * TOLERANCE;
  }

  async #probe(): Promise<void> {
    try {
      const { queue, held } = this.#options;
      await queue.probe({ held: held() });
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (!(error instanceof StorageError)) return this.#options.onError(error);
      // The queue itself reports a passing error, once.
      if (!error.passing) this.#options.onLost(messageOf(error));
    }
  }
}
