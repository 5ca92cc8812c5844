/**
 * Checks the handlers when the system starts: the names of their files, and whether each can be loaded, tried
 * in a separate thread. A kind whose handler is broken stays a kind, and its jobs report the same problem.
 */
import { sleep } from "@persistent-queue/queue";
import { startChild, WORDLESS } from "../child.ts";
import { handlerFiles } from "../handler_files.ts";
import { listKinds } from "../handlers.ts";
import type { HostedThreads } from "./hosted_threads.ts";
import type { Log } from "../log.ts";
import type { Close, FromThread, StartProbe } from "../protocol.ts";

export interface HandlerCheckOptions {
  readonly folder: URL;
  readonly threads: HostedThreads;
  /** Each problem is logged there once, and printed on the terminal. */
  readonly log: Pick<Log, "warn">;
}

const PROBE = new URL("../probe.ts", import.meta.url);
const MOST_WAIT_MS = 2_000;
/** The longest silence of the thread. */
const LOAD_MS = 3_000;
/** A thread that was ended and still runs after this is in native code. */
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

  /**
   * As `run`, but the start of the system waits two seconds at most: later problems are reported when they
   * are known.
   */
  async begin(): Promise<void> {
    await Promise.race([this.run(), sleep(MOST_WAIT_MS)]);
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

  /** Resolves with the kinds still to be tried: a module may end its thread, or block it forever. */
  #try(kinds: readonly string[]): Promise<string[]> {
    const tried = Promise.withResolvers<string[]>();
    const gone = Promise.withResolvers<void>();
    this.#endings.push(gone.promise);
    const left = new Set(kinds);
    let last = kinds[0];
    let hasTriedAll = false;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    /**
     * The module that was loading last blocks the thread or ended it; if all have begun, each of the rest
     * waits for something.
     */
    const finish = (why: string) => {
      clearTimeout(timer);
      if (isOver) return;
      isOver = true;
      for (const kind of hasTriedAll ? [...left] : last === undefined ? [] : [last]) {
        if (left.delete(kind)) this.#note(`The handler file ${kind}.ts cannot be loaded: ${why}`);
      }
      tried.resolve([...left]);
    };
    const isGone = () => {
      clearTimeout(timer);
      this.#problems = this.#problems.filter((problem) => problem !== wedged(last));
      gone.resolve();
    };
    const end = (why: string) => {
      finish(why);
      probe.end(why);
      timer = setTimeout(() => {
        this.#note(wedged(last));
        gone.resolve();
      }, ENDING_MS);
    };
    const hear = (message: FromThread) => {
      if (isOver) return;
      clearTimeout(timer);
      timer = setTimeout(() => end(TOO_LATE), LOAD_MS);
      if (message.type === "tried") hasTriedAll = true;
      else if (message.type === "warning") this.#note(message.text);
      else if (message.type === "loading") last = message.kind;
      else if (message.type === "loaded" && left.delete(message.kind) && message.problem !== null) {
        this.#note(onOneLine(message.problem));
      }
      if (left.size === 0) end("");
    };
    const probe = startChild<Close, StartProbe>({
      threads: this.#options.threads,
      url: PROBE,
      name: "handler check",
      start: { handlers: this.#options.folder.href, kinds },
      onMessage: hear,
      onUnusable: end,
      onEnd: (why) => {
        finish(why === WORDLESS ? "its thread ended" : onOneLine(why));
        isGone();
      },
    });
    return tried.promise;
  }
}

function wedged(kind: string | undefined): string {
  return `The handler file ${kind}.ts hangs in native code while it is loaded: the thread that tried it cannot be ` +
    "ended, and holds what it has until the process ends.";
}

/** What is wrong, and where: the excerpt of the file between them adds nothing. */
function onOneLine(words: string): string {
  const lines = words.split("\n").map((line) => line.trim());
  const place = lines.findLast((line) => line.startsWith("at "));
  return [lines[0] ?? "", ...(place === undefined ? [] : [place])].join(" ");
}
