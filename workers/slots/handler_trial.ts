/** Loads handlers in a thread of its own, to find out which of them cannot be loaded. */
import { type Child, NO_REASON, startChild } from "../child.ts";
import type { Close, FromThread, StartProbe } from "../protocol.ts";
import type { HostedThreads } from "./hosted_threads.ts";

const PROBE = new URL("../probe.ts", import.meta.url);
/** A thread that was ended and still runs after this long is in native code. */
const ENDING_MS = 2_000;

export interface TrialOptions {
  readonly folder: URL;
  readonly threads: Pick<HostedThreads, "start">;
  /** How long the thread may be silent, in milliseconds. */
  readonly patienceMs: number;
  readonly onSound: (kind: string) => void;
  /** `isSilent`: its module did not fail, but blocked its thread, ended it, or still waits for something. */
  readonly onBroken: (kind: string, problem: string, how: { readonly isSilent: boolean }) => void;
  /** Anything else that an operator should know. */
  readonly onProblem: (problem: string) => void;
  /** The thread cannot be ended: the module of this kind hangs in native code. */
  readonly onWedged: (kind: string) => void;
  /** That thread has ended after all. */
  readonly onFreed: (kind: string) => void;
}

/** A thread that loads handlers one after the other, until it has tried all, or one of them blocks or ends it. */
export class HandlerTrial {
  readonly #options: TrialOptions;
  readonly #kinds: Set<string>;
  readonly #tried = Promise.withResolvers<readonly string[]>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #probe: Child<Close>;
  /** The kind whose module was the last to begin loading. */
  #last: string | null = null;
  #hasTriedAll = false;
  #isOver = false;
  #isWedged = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(kinds: readonly string[], options: TrialOptions) {
    this.#options = options;
    this.#kinds = new Set(kinds);
    this.#probe = startChild<Close, StartProbe>({
      threads: options.threads,
      url: PROBE,
      name: "handler check",
      start: { handlers: options.folder.href, kinds },
      onMessage: (message) => this.#hear(message),
      onUnusable: (why) => this.#end(why),
      onEnd: (why) => {
        this.#finish(why === NO_REASON ? "its thread ended" : why);
        this.#noteGone();
      },
    });
  }

  /** Resolves with the kinds that another thread must try: none if this one could not even begin. */
  get left(): Promise<readonly string[]> {
    return this.#tried.promise;
  }

  /** Resolves when the thread has ended, or cannot be ended. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  #hear(message: FromThread): void {
    if (this.#isOver) return;
    const { patienceMs, onProblem } = this.#options;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(`it has not finished after ${patienceMs / 1000} s`), patienceMs);
    if (message.type === "tried") this.#hasTriedAll = true;
    else if (message.type === "warning") onProblem(message.text);
    else if (message.type === "loading") this.#last = message.kind;
    else if (message.type === "loaded" && this.#kinds.delete(message.kind)) this.#judge(message);
    if (this.#kinds.size === 0) this.#end("");
  }

  #judge({ kind, problem }: Extract<FromThread, { type: "loaded" }>): void {
    const { onSound, onBroken } = this.#options;
    if (problem === null) onSound(kind);
    else onBroken(kind, problem, { isSilent: false });
  }

  #end(why: string): void {
    this.#finish(why);
    this.#probe.end(why);
    this.#timer = setTimeout(() => {
      this.#isWedged = true;
      if (this.#last !== null) this.#options.onWedged(this.#last);
      this.#gone.resolve();
    }, ENDING_MS);
  }

  /**
   * The module that was the last to begin loading blocks the thread or has ended it. If all have begun, each of those
   * left waits for something. If none has, the thread could not start, and no module is to blame.
   */
  #finish(why: string): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#isOver = true;
    const { onBroken, onProblem } = this.#options;
    if (this.#last === null) onProblem(`The handler files could not be checked: ${why}.`);
    const blamed = this.#hasTriedAll ? [...this.#kinds] : [this.#last].filter((kind) => kind !== null);
    for (const kind of blamed) {
      if (!this.#kinds.delete(kind)) continue;
      onBroken(kind, `The handler file ${kind}.ts cannot be loaded: ${why}`, { isSilent: true });
    }
    this.#tried.resolve(this.#last === null ? [] : [...this.#kinds]);
  }

  #noteGone(): void {
    clearTimeout(this.#timer);
    if (this.#isWedged && this.#last !== null) this.#options.onFreed(this.#last);
    this.#gone.resolve();
  }
}
