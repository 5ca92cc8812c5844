/**
 * Checks the handlers when the system starts: the names of their files, and whether each can be loaded, tried in a
 * separate thread. A kind whose handler is broken stays a known kind, and its jobs report the same problem.
 */
import { sleep } from "@persistent-queue/queue";
import { type Child, NO_REASON, startChild } from "../child.ts";
import { handlerFiles } from "../handler_files.ts";
import { listKinds } from "../handlers.ts";
import type { HostedThreads } from "./hosted_threads.ts";
import type { Log } from "../log.ts";
import type { Close, FromThread, StartProbe } from "../protocol.ts";

export interface HandlerCheckOptions {
  readonly folder: URL;
  readonly threads: HostedThreads;
  /** Each problem is logged once, and printed on the terminal. */
  readonly log: Pick<Log, "warn">;
}

const PROBE = new URL("../probe.ts", import.meta.url);
const MAX_WAIT_MS = 2_000;
/** How long the thread may be silent. */
const LOAD_MS = 3_000;
/** A thread that was ended and still runs after this long is in native code. */
const ENDING_MS = 2_000;
const TOO_LATE = `it has not finished after ${LOAD_MS / 1000} s`;

export class HandlerCheck {
  readonly #options: HandlerCheckOptions;
  #problems: string[] = [];
  readonly #endings: Promise<void>[] = [];

  constructor(options: HandlerCheckOptions) {
    this.#options = options;
  }

  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Like `run`, but waits two seconds at most: problems found later are reported when they are known. */
  async begin(): Promise<void> {
    await Promise.race([this.run(), sleep(MAX_WAIT_MS)]);
  }

  /** Resolves when every handler has been tried, and the threads that tried them have ended, or cannot be ended. */
  async run(): Promise<void> {
    const { folder } = this.#options;
    for (const problem of handlerFiles(folder).problems) this.#note(problem);
    let left: readonly string[] = listKinds(folder);
    while (left.length > 0) left = await this.#try(left);
    await Promise.all(this.#endings);
  }

  #note(problem: string): void {
    this.#problems.push(problem);
    console.error(`Warning: ${problem}`);
    this.#options.log.warn(problem);
  }

  /** Resolves with the kinds that are still to be tried: a module may end its thread, or block it forever. */
  #try(kinds: readonly string[]): Promise<readonly string[]> {
    const trial = new Trial(kinds, {
      ...this.#options,
      note: (problem) => this.#note(problem),
      withdraw: (problem) => this.#problems = this.#problems.filter((one) => one !== problem),
    });
    this.#endings.push(trial.gone);
    return trial.left;
  }
}

interface TrialOptions extends Pick<HandlerCheckOptions, "folder" | "threads"> {
  readonly note: (problem: string) => void;
  readonly withdraw: (problem: string) => void;
}

/** A thread that loads handlers one after the other, until it has tried all, or one of them blocks or ends it. */
class Trial {
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
    else if (message.type === "warning") this.#options.note(message.text);
    else if (message.type === "loading") this.#last = message.kind;
    else if (message.type === "loaded" && this.#kinds.delete(message.kind) && message.problem !== null) {
      this.#options.note(onOneLine(message.problem));
    }
    if (this.#kinds.size === 0) this.#end("");
  }

  #end(why: string): void {
    this.#finish(why);
    this.#probe.end(why);
    this.#timer = setTimeout(() => {
      this.#options.note(wedged(this.#last));
      this.#gone.resolve();
    }, ENDING_MS);
  }

  /**
   * The module that was the last to begin loading blocks the thread or has ended it. If all have begun, each of those
   * left waits for something.
   */
  #finish(why: string): void {
    clearTimeout(this.#timer);
    if (this.#isOver) return;
    this.#isOver = true;
    const guilty = this.#hasTriedAll ? [...this.#kinds] : [this.#last];
    for (const kind of guilty) {
      if (kind === undefined || !this.#kinds.delete(kind)) continue;
      this.#options.note(`The handler file ${kind}.ts cannot be loaded: ${why}`);
    }
    this.#tried.resolve([...this.#kinds]);
  }

  #noteGone(): void {
    clearTimeout(this.#timer);
    this.#options.withdraw(wedged(this.#last));
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
