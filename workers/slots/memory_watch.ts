/**
 * Finds the job that takes all memory before its thread can report it. A heap that is nearly full is collected over and
 * over for seconds before V8 gives up, and buffers outside the heap have no limit at all; meanwhile the thread is
 * silent. But since its last heartbeat, the process has grown by more than the other threads, which still report,
 * account for.
 */
import { ranOutOfMemory } from "../thread/memory.ts";

/** The part of a thread that this needs. */
export interface WatchedThread {
  /** When its last message arrived, by the clock; null while no thread is ready. */
  readonly heardAt: number | null;
  readonly isAtWork: boolean;
  /** As of its last heartbeat. */
  readonly memoryMb: number;
  /** Ends it and blames what it runs. */
  endAndBlame(why: string): void;
}

export interface WatchedConsumer extends WatchedThread {
  /** Of its current thread; null while there is none. */
  readonly id: string | null;
  /** A thread that it had before has not ended yet, and still holds its memory. */
  readonly isEndingOne: boolean;
}

export interface MemoryWatchOptions {
  readonly consumers: readonly WatchedConsumer[];
  /** Threads that try to load handlers. */
  readonly trials?: () => readonly WatchedThread[];
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
  readonly at: number;
  readonly processMb: number;
  /** What each consumer has reported. */
  readonly reportedMb: ReadonlyMap<WatchedThread, number>;
}

/** The time since a consumer's latest message. */
interface Silence {
  readonly one: WatchedThread;
  readonly heardAt: number;
  /** The last look before that message. */
  readonly since: Sizes;
  /** The last look before the message that came before. */
  readonly before: Sizes;
  /** How much the process has grown meanwhile for other reasons. */
  excusedMb: number;
}

export class MemoryWatch {
  readonly #options: MemoryWatchOptions;
  readonly #silences = new Map<WatchedThread, Silence>();
  #last: Sizes | null = null;
  #ids: readonly (string | null)[] = [];
  #trials: readonly WatchedThread[] = [];
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
    const now = this.#measure();
    const last = this.#last ?? now;
    this.#last = now;
    const returning = this.#returning();
    if (returning.length > 0) this.#excuse(returning, { last, now });
    const areTried = this.#lookForTrials();
    for (const one of [...this.#options.consumers, ...this.#trials]) this.#listen(one, last);
    if (areTried) this.#excuseOfTrials({ last, now, isExcused: returning.length > 0 });
    const atWork = [...this.#silences.values()].filter(({ one }) => one.isAtWork);
    const culprit = culpritOf(atWork, now);
    if (culprit !== null) this.#judge(culprit, grownMb(culprit, now));
  }

  #measure(): Sizes {
    const { consumers, clock, processMb = residentMb } = this.#options;
    const reportedMb = new Map(consumers.map((one) => [one, one.memoryMb]));
    return { at: clock(), processMb: processMb(), reportedMb };
  }

  #listen(one: WatchedThread, last: Sizes): void {
    const { heardAt } = one;
    const earlier = this.#silences.get(one);
    if (heardAt === null) this.#silences.delete(one);
    else if (heardAt !== earlier?.heardAt) {
      this.#silences.set(one, { one, heardAt, since: last, before: earlier?.since ?? last, excusedMb: 0 });
    }
  }

  /** Consumers whose thread ends, or has ended since the last look. */
  #returning(): WatchedConsumer[] {
    const { consumers } = this.#options;
    const before = this.#ids;
    this.#ids = consumers.map(({ id }) => id);
    return consumers.filter(({ id, isEndingOne }, i) => isEndingOne || id !== before[i]);
  }

  /**
   * What a thread that ends took while it was silent, or has not yet returned to the system, must not be charged to
   * others. Of their growth, only what came before its silence is kept.
   */
  #excuse(returning: readonly WatchedThread[], { last, now }: { last: Sizes; now: Sizes }): void {
    const ended = returning.flatMap((one) => this.#silences.get(one) ?? []);
    const kept = [...this.#silences.values()].map((silence) => {
      const upTo = ended.map(({ since }) => since.at < silence.since.at ? silence.since : since);
      return { silence, keptMb: Math.max(0, Math.min(...[last, ...upTo].map((at) => grownMb(silence, at)))) };
    });
    for (const { silence, keptMb } of kept) silence.excusedMb += grownMb(silence, now) - keptMb;
  }

  /** Returns whether handlers were tried at any time since the last look. */
  #lookForTrials(): boolean {
    const before = this.#trials;
    this.#trials = this.#options.trials?.() ?? [];
    for (const one of before) if (!this.#trials.includes(one)) this.#silences.delete(one);
    return before.length + this.#trials.length > 0;
  }

  /** What handlers took that are tried must not be charged to jobs. `isExcused`: those that were silent before are. */
  #excuseOfTrials(
    { last, now, isExcused }: { readonly last: Sizes; readonly now: Sizes; readonly isExcused: boolean },
  ): void {
    for (const silence of this.#silences.values()) {
      if (this.#trials.includes(silence.one) || isExcused && silence.since !== last) continue;
      silence.excusedMb += grownMb(silence, now) - Math.max(0, grownMb(silence, last));
    }
  }

  #judge({ one, heardAt }: Silence, tookMb: number): void {
    const { clock, heartbeatMs, limitMb } = this.#options;
    if (clock() - heardAt <= SILENT_BEATS * heartbeatMs) return;
    if (one.memoryMb + tookMb < NEARLY * limitMb) return;
    one.endAndBlame(
      `${ranOutOfMemory(limitMb)}: it took ${Math.round(tookMb)} MB while it was silent`,
    );
  }
}

/** The growth of the process, from its last message up to this look, that the other threads do not account for. */
function grownMb({ one, since, excusedMb }: Silence, upTo: Sizes): number {
  return withoutOthersMb(upTo, one) - withoutOthersMb(since, one) - excusedMb;
}

function withoutOthersMb({ processMb, reportedMb }: Sizes, one: WatchedThread): number {
  let restMb = processMb + (reportedMb.get(one) ?? 0);
  for (const mb of reportedMb.values()) restMb -= mb;
  return restMb;
}

/**
 * The growth since several were last heard cannot be attributed to one of them, so one is chosen: the first that has
 * grown before the next one was heard, and was still growing then. A job that has computed in silence while the process
 * did not grow is not it, and neither is one that has taken some memory and takes no more.
 */
function culpritOf(silences: readonly Silence[], now: Sizes): Silence | null {
  const byAge = silences.toSorted((left, right) => left.heardAt - right.heardAt);
  return byAge.find((silence, i) => {
    const next = byAge[i + 1];
    const marginMb = grownMb(silence, now) - (next === undefined ? 0 : grownMb(next, now));
    return marginMb >= MIN_GROWTH_MB && (next === undefined || keptGrowing(silence, { next, marginMb }));
  }) ?? null;
}

/** Whether it grew at half its pace or more between the last two messages of the next one. */
function keptGrowing(
  { one, since }: Silence,
  { next, marginMb }: { readonly next: Silence; readonly marginMb: number },
): boolean {
  const from = next.before.at > since.at ? next.before : since;
  const grewMb = withoutOthersMb(next.since, one) - withoutOthersMb(from, one);
  return 2 * grewMb * (next.since.at - since.at) >= marginMb * (next.since.at - from.at);
}

function residentMb(): number {
  return Deno.memoryUsage().rss / MB;
}
