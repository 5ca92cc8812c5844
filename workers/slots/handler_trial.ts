/** Loads handlers in a thread of its own, to find out which of them cannot be loaded. */
import { type Child, NO_REASON, startChild } from "../child.ts";
import type { Settings } from "../config.ts";
import type { Close, FromThread, StartProbe } from "../protocol.ts";
import type { WatchedThread } from "./memory_watch.ts";
import type { HostedThreads } from "./hosted_threads.ts";

const PROBE = new URL("../probe.ts", import.meta.url);
/** A shorter silence does not count, because a busy machine delays heartbeats. */
const MIN_SILENCE_MS = 1_000;
/** A thread that was ended and still runs after this long is in native code. */
const ENDING_MS = 2_000;

export interface TrialOptions {
  readonly folder: URL;
  readonly threads: Pick<HostedThreads, "start">;
  /** A module that a consumer may not load is broken, so the limits of consumers apply. */
  readonly limits: Pick<Settings, "consumerMemoryMb" | "heartbeatMs" | "stallMs">;
  /** How long no module may begin or end its loading, in milliseconds. */
  readonly patienceMs: number;
  readonly onSound: (kind: string) => void;
  /** `silentMs`: for how long its module blocked its thread, until it was ended, or waited for something. 0 = it failed. */
  readonly onBroken: (kind: string, problem: string, how: { readonly silentMs: number }) => void;
  /** Anything else that an operator should know. */
  readonly onProblem: (problem: string) => void;
  /** The thread cannot be ended: the module of this kind hangs in native code. */
  readonly onWedged: (kind: string) => void;
  /** That thread has ended after all. */
  readonly onFreed: (kind: string) => void;
}

interface Ending {
  /** Unless given, as long as the patience lasts. */
  readonly silentMs?: number;
  /** Each of those that are still loading is the reason. */
  readonly isAll?: boolean;
}

/** A thread that loads handlers one after the other, until it has tried all, or one of them blocks or ends it. */
export class HandlerTrial implements WatchedThread {
  readonly #options: TrialOptions;
  readonly #kinds: Set<string>;
  readonly #tried = Promise.withResolvers<readonly (readonly string[])[]>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #probe: Child<Close>;
  /** The kind whose module was the last to begin loading. */
  #last: string | null = null;
  #hasTriedAll = false;
  #isOver = false;
  #heardAt: number | null = null;
  #isWedged = false;
  #patience: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  #ending: ReturnType<typeof setTimeout> | undefined;

  constructor(kinds: readonly string[], options: TrialOptions) {
    const { folder, threads, limits: { consumerMemoryMb: memoryMb, heartbeatMs } } = options;
    this.#options = options;
    this.#kinds = new Set(kinds);
    this.#probe = startChild<Close, StartProbe>({
      ...{ threads, memoryMb, url: PROBE, name: "handler check" },
      start: { handlers: folder.href, kinds, heartbeatMs, memoryMb },
      onMessage: (message) => this.#hear(message),
      onUnusable: (why) => this.#end(why),
      onEnd: (why) => {
        this.#finish(why === NO_REASON ? "its thread ended" : why);
        this.#noteGone();
      },
    });
  }

  /** Resolves with the kinds that other threads must try, those of a group together: none if this one could not even begin. */
  get left(): Promise<readonly (readonly string[])[]> {
    return this.#tried.promise;
  }

  /** Resolves when the thread has ended, or cannot be ended. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  get heardAt(): number | null {
    return this.#heardAt;
  }

  get isAtWork(): boolean {
    return !this.#isOver;
  }

  /** It reports only that it has reached its limit. */
  get memoryMb(): number {
    return 0;
  }

  endAndBlame(why: string): void {
    this.#end(why);
  }

  #hear(message: FromThread): void {
    if (this.#isOver) return;
    const { onProblem } = this.#options;
    this.#heardAt = performance.now();
    this.#awaitNext();
    if (message.type === "beat") return;
    this.#awaitNews();
    if (message.type === "tried") this.#hasTriedAll = true;
    else if (message.type === "warning") onProblem(message.text);
    else if (message.type === "loading") this.#last = message.kind;
    else if (message.type === "unusable") this.#end(message.why);
    else if (message.type === "loaded" && this.#kinds.delete(message.kind)) this.#judge(message);
    if (this.#kinds.size === 0) this.#end("");
  }

  /** A consumer whose thread computes for that long is given up with its job. */
  #awaitNext(): void {
    const silentMs = Math.max(this.#options.limits.stallMs, MIN_SILENCE_MS);
    const why = `it computes for more than ${
      silentMs / 1000
    } s without a pause, which is longer than STALL_MS allows`;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#end(why, { silentMs }), silentMs);
  }

  #awaitNews(): void {
    const { patienceMs } = this.#options;
    const why = `it has not finished after ${patienceMs / 1000} s`;
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.#end(why, { isAll: true }), patienceMs);
  }

  #judge({ kind, problem }: Extract<FromThread, { type: "loaded" }>): void {
    const { onSound, onBroken } = this.#options;
    if (problem === null) onSound(kind);
    else onBroken(kind, problem, { silentMs: 0 });
  }

  #end(why: string, how: Ending = {}): void {
    this.#finish(why, how);
    this.#probe.end(why);
    this.#ending = setTimeout(() => {
      this.#isWedged = true;
      if (this.#last !== null) this.#options.onWedged(this.#last);
      this.#gone.resolve();
    }, ENDING_MS);
  }

  /**
   * The module that was the last to begin loading blocks the thread or has ended it. If all have begun, each of those
   * left waits for something, or one of them did that, and each is tried alone. If none has, the thread could not
   * start, and no module is to blame.
   */
  #finish(why: string, { silentMs = this.#options.patienceMs, isAll = false }: Ending = {}): void {
    clearTimeout(this.#patience);
    clearTimeout(this.#silence);
    if (this.#isOver) return;
    this.#isOver = true;
    const { onBroken, onProblem } = this.#options;
    const last = this.#last;
    const left = [...this.#kinds];
    if (last === null) {
      onProblem(`The handler files could not be checked: ${why}.`);
      return this.#tried.resolve([]);
    }
    if (this.#hasTriedAll && !isAll && left.length > 1) {
      return this.#tried.resolve(left.map((kind) => [kind]));
    }
    const blamed = this.#hasTriedAll ? left : left.filter((kind) => kind === last);
    for (const kind of blamed) onBroken(kind, problemOf(kind, why), { silentMs });
    const others = left.filter((kind) => !blamed.includes(kind));
    this.#tried.resolve(others.length === 0 ? [] : [others]);
  }

  #noteGone(): void {
    clearTimeout(this.#ending);
    if (this.#isWedged && this.#last !== null) this.#options.onFreed(this.#last);
    this.#gone.resolve();
  }
}

/** `why` may be a sentence. */
export function problemOf(kind: string, why: string): string {
  return `The handler file ${kind}.ts cannot be loaded: ${why.slice(0, 1).toLowerCase()}${why.slice(1)}`;
}
