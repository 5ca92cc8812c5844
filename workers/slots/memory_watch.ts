/**
 * Finds the job that takes all memory before its thread can report it. A heap that is nearly full is collected over and
 * over for seconds before V8 gives up, and buffers outside the heap have no limit at all; meanwhile the thread is
 * silent. But since its last heartbeat, the process has grown by more than the other threads, which still report,
 * account for.
 */
import { ranOutOfMemory } from "../thread/memory.ts";

/** The part of a consumer that this needs. */
export interface WatchedConsumer {
  /** Of its current thread; null while there is none. */
  readonly id: string | null;
  /** When its last message arrived, by the clock; null while no thread is ready. */
  readonly heardAt: number | null;
  readonly isAtWork: boolean;
  /** As of its last heartbeat. */
  readonly memoryMb: number;
  /** A thread that it had before has not ended yet, and still holds its memory. */
  readonly isEndingOne: boolean;
  /** Ends its thread and blames the running job. */
  endAndBlame(why: string): void;
}

export interface MemoryWatchOptions {
  readonly consumers: readonly WatchedConsumer[];
  readonly heartbeatMs: number;
  readonly limitMb: number;
  /** The memory of the whole process. */
  readonly processMb?: () => number;
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
  #ids: readonly (string | null)[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: MemoryWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), LOOK_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const { consumers, processMb: measure = residentMb } = this.#options;
    const processMb = measure();
    const isReturning = this.#isReturning();
    const allMb = consumers.reduce((sum, { memoryMb }) => sum + memoryMb, 0);
    const grown: Grown[] = [];
    for (const one of consumers) {
      const { heardAt, memoryMb } = one;
      const sizes = { processMb, othersMb: allMb - memoryMb };
      const before = this.#before.get(one);
      if (heardAt === null) this.#before.delete(one);
      else if (before?.heardAt !== heardAt) {
        this.#before.set(one, { ...this.#last.get(one) ?? sizes, heardAt });
      } else if (isReturning) this.#before.set(one, { ...sizes, heardAt });
      else if (one.isAtWork) {
        const grownMb = processMb - before.processMb - (sizes.othersMb - before.othersMb);
        grown.push({ one, heardAt, grownMb });
      }
      this.#last.set(one, sizes);
    }
    this.#judge(culpritOf(grown));
  }

  /**
   * A thread ends, or has ended since the last look. What it took, or has not yet returned to the system, must not be
   * charged to others: their growth is counted from here on.
   */
  #isReturning(): boolean {
    const { consumers } = this.#options;
    const before = this.#ids;
    this.#ids = consumers.map(({ id }) => id);
    return consumers.some(({ id, isEndingOne }, i) => isEndingOne || id !== before[i]);
  }

  #judge(culprit: Grown | null): void {
    if (culprit === null || !this.#isSilent(culprit.heardAt)) return;
    const { one, grownMb } = culprit;
    const { limitMb } = this.#options;
    if (one.memoryMb + grownMb < NEARLY * limitMb) return;
    one.endAndBlame(
      `${ranOutOfMemory(limitMb)}: it took ${Math.round(grownMb)} MB while it was silent`,
    );
  }

  #isSilent(heardAt: number): boolean {
    const { clock, heartbeatMs } = this.#options;
    return clock() - heardAt > SILENT_BEATS * heartbeatMs;
  }
}

/** The growth of the process since a consumer at work was last heard. */
interface Grown {
  readonly one: WatchedConsumer;
  readonly heardAt: number;
  readonly grownMb: number;
}

/**
 * The growth since several were last heard cannot be attributed to one of them, so one is chosen: the first that has
 * grown before the next one was heard. A job that has computed in silence while the process did not grow is not it.
 */
function culpritOf(grown: readonly Grown[]): Grown | null {
  const byAge = grown.toSorted((left, right) => left.heardAt - right.heardAt);
  return byAge.find(({ grownMb }, i) => grownMb - (byAge[i + 1]?.grownMb ?? 0) >= MIN_GROWTH_MB) ?? null;
}

function residentMb(): number {
  return Deno.memoryUsage().rss / MB;
}
