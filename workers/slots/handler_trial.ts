/** Loads handlers in a thread of its own, to find out which of them cannot be loaded. */
import { type Child, NO_REASON, startChild } from "../child.ts";
import type { Close, FromThread, StartProbe } from "../protocol.ts";
import type { HostedThreads } from "./hosted_threads.ts";

const PROBE = new URL("../probe.ts", import.meta.url);
/** How long the thread may be silent. */
const LOAD_MS = 3_000;
/** A thread that was ended and still runs after this long is in native code. */
const ENDING_MS = 2_000;
const TOO_LATE = `it has not finished after ${LOAD_MS / 1000} s`;

export interface TrialOptions {
  readonly folder: URL;
  readonly threads: HostedThreads;
  /** `isSilent`: the module did not fail, but blocked its thread or ended it. */
  readonly onBroken: (kind: string, problem: string, how: { readonly isSilent: boolean }) => void;
  /** Anything else that an operator should know. */
  readonly onProblem: (problem: string) => void;
  /** The problem is over. */
  readonly onWithdrawn: (problem: string) => void;
}

/** A thread that loads handlers one after the other, until it has tried all, or one of them blocks or ends it. */
export class HandlerTrial {
  readonly #options: TrialOptions;
  readonly #kinds: Set<string>;
  readonly #tried = Promise.withResolvers<readonly string[]>();
  readonly #gone = Promise.withResolvers<void>();
  readonly #probe: Child<Close>;
  /** The kind whose module was the last to begin loading. */
  #last: string | undefined;
  #hasTriedAll = false;
  #isOver = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(kinds: readonly string[], options: TrialOptions) {
    this.#options = options;
    this.#kinds = new Set(kinds);
    this.#last = kinds[0];
    this.#probe = startChild<Close, StartProbe>({
      threads: options.threads,
      url: PROBE,
      name: "handler check",
      start: { handlers: options.folder.href, kinds },
      onMessage: (message) => this.#hear(message),
      onUnusable: (why) => this.#end(why),
      onEnd: (why) => {
        this.#finish(why === NO_REASON ? "its thread ended" : onOneLine(why));
        this.#noteGone();
      },
    });
  }

  /** Resolves with the kinds that were not tried. */
  get left(): Promise<readonly string[]> {
    return this.#tried.promise;
  }

  /** Resolves when the thread has ended, or cannot be ended. */
  get gone(): Promise<void> {
    return this.#gone.promise;
  }

  #hear(message: FromThread): void {
    if (this.#isOver) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(TOO_LATE), LOAD_MS);
    if (message.type === "tried") this.#hasTriedAll = true;
    else if (message.type === "warning") this.#options.onProblem(message.text);
    else if (message.type === "loading") this.#last = message.kind;
    else if (message.type === "loaded" && this.#kinds.delete(message.kind) && message.problem !== null) {
      this.#options.onBroken(message.kind, onOneLine(message.problem), { isSilent: false });
    }
    if (this.#kinds.size === 0) this.#end("");
  }

  #end(why: string): void {
    this.#finish(why);
    this.#probe.end(why);
    this.#timer = setTimeout(() => {
      this.#options.onProblem(wedged(this.#last));
      this.#gone.resolve();
    }, ENDING_MS);
  }

  /**
   * The module that was the last to begin loading blocks the thread or has ended it. If all have begun, each of those
   * left waits for something, which a consumer may have the patience for.
   */
  #finish(why: string): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#isOver = true;
    const { onBroken, onProblem } = this.#options;
    const problemOf = (kind: string) => `The handler file ${kind}.ts cannot be loaded: ${why}`;
    if (this.#hasTriedAll) {
      for (const kind of this.#kinds) onProblem(problemOf(kind));
      this.#kinds.clear();
    } else if (this.#last !== undefined && this.#kinds.delete(this.#last)) {
      onBroken(this.#last, problemOf(this.#last), { isSilent: true });
    }
    this.#tried.resolve([...this.#kinds]);
  }

  #noteGone(): void {
    clearTimeout(this.#timer);
    this.#options.onWithdrawn(wedged(this.#last));
    this.#gone.resolve();
  }
}

function wedged(kind: string | undefined): string {
  return `The handler file ${kind}.ts hangs in native code while it is loaded: the thread that tried it cannot be ` +
    "ended, and holds what it has until the process ends.";
}

/** What is wrong, and where; the excerpt of the file in between adds nothing. */
function onOneLine(words: string): string {
  const lines = words.split("\n").map((line) => line.trim());
  const place = lines.findLast((line) => line.startsWith("at "));
  return [lines[0] ?? "", ...(place === undefined ? [] : [place])].join(" ");
}
