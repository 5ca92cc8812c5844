/**
 * Finds the job that takes all memory before its thread can report it. A heap that is nearly full is collected over and
 * over for seconds before V8 gives up, and buffers outside the heap have no limit at all; meanwhile the thread is
 * silent. But since its last heartbeat, the process has grown by more than the other threads, which still report,
 * account for.
 */
import { ranOutOfMemory } from "../thread/memory.ts";

/** The part of a consumer that this needs. */
export interface WatchedConsumer {
  /** When its last message arrived, by the clock; null while no thread is ready. */
  readonly heardAt: number | null;
  readonly isAtWork: boolean;
  /** As of its last heartbeat. */
  readonly memoryMb: number;
  /** Ends its thread and blames the running job. */
  endAndBlame(why: string): void;
}

export interface MemoryWatchOptions {
  readonly consumers: readonly WatchedConsumer[];
  readonly heartbeatMs: number;
  readonly limitMb: number;
  /** Monotonic, in milliseconds. */
  readonly clock: () => number;
}

const LOOK_MS = 250;
/** More than one, because heartbeats are a little late on a busy machine. */
const SILENT_BEATS = 1.5;
/** Everything else in the process grows by less than this in the meantime. */
const MIN_GROWTH_MB = 128;
const NEARLY = 0.95;
const MB = 1_048_576;

/** The sizes at one look. */
interface Sizes {
  readonly processMb: number;
  readonly othersMb: number;
}

export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #last = new Map<WatchedConsumer, Sizes>();
  /** The sizes at the last look before each consumer's latest message. */
  readonly #before = new Map<WatchedConsumer, Sizes & { readonly heardAt: number }>();
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.#look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { consumers } = this.#options;
    const processMb = Deno.memoryUsage().rss / MB;
    const allMb = consumers.reduce((sum, { memoryMb }) => sum + memoryMb, 0);
    const silent = consumers.filter((one) => this.#isSilent(one));
    for (const one of consumers) {
      const { heardAt, memoryMb } = one;
      const sizes = { processMb, othersMb: allMb - memoryMb };
      const before = this.#before.get(one);
      if (heardAt === null) this.#before.delete(one);
      else if (before?.heardAt !== heardAt) {
        this.#before.set(one, { ...this.#last.get(one) ?? sizes, heardAt });
      } else if (silent.includes(one)) {
        // If several are silent, the growth cannot be attributed, so each is assumed to have an equal share.
        const grownMb = (processMb - before.processMb - (sizes.othersMb - before.othersMb)) / silent.length;
        this.#judge(one, grownMb);
      }
      this.#last.set(one, sizes);
    }
  }

  #isSilent({ heardAt, isAtWork }: WatchedConsumer): boolean {
    const { clock, heartbeatMs } = this.#options;
    return heardAt !== null && isAtWork && clock() - heardAt > SILENT_BEATS * heartbeatMs;
  }

  #judge(one: WatchedConsumer, grownMb: number): void {
    const { limitMb } = this.#options;
    if (grownMb < MIN_GROWTH_MB || one.memoryMb + grownMb < NEARLY * limitMb) return;
    one.endAndBlame(
      `${ranOutOfMemory(limitMb)}: it took ${Math.round(grownMb)} MB while it was silent`,
    );
  }
}
