/**
 * Looks at the handlers when the system starts: at the names of their files, and whether each can be loaded, which a
 * thread of its own tries. Sentences for people; a kind whose handler is broken stays a kind, and its jobs say so too.
 */
import { Worker } from "node:worker_threads";
import { handlerFiles } from "../handler_files.ts";
import { listKinds } from "../handlers.ts";
import type { Log } from "../log.ts";
import { sleep } from "../sleep.ts";

export interface Probe {
  readonly folder: string;
  readonly kinds: readonly string[];
}

export type ProbeMessage =
  | { readonly kind: string; readonly state: "loading" | "sound" }
  | { readonly kind: string; readonly state: "broken"; readonly why: string }
  /** Loading has begun for all of them. */
  | { readonly state: "tried" };

export interface HandlerCheckOptions {
  readonly folder: URL;
  /** Each problem is told there once, and on the terminal. */
  readonly log: Pick<Log, "warn">;
}

const PROBE = new URL("../probe.ts", import.meta.url);
const MOST_WAIT_MS = 2_000;
/** Without a word from the thread. */
const LOAD_MS = 3_000;
const TOO_LATE = `it has not finished after ${LOAD_MS / 1000} s`;

export class HandlerCheck {
  readonly #options: HandlerCheckOptions;
  readonly #problems: string[] = [];

  constructor(options: HandlerCheckOptions) {
    this.#options = options;
  }

  get problems(): readonly string[] {
    return this.#problems;
  }

  /** As `run`, but the start of the system waits for two seconds at most: what takes longer is told when it is known. */
  async begin(): Promise<void> {
    await Promise.race([this.run(), sleep(MOST_WAIT_MS)]);
  }

  /** Resolves when every handler has been tried. */
  async run(): Promise<void> {
    const { folder } = this.#options;
    for (const problem of handlerFiles(folder).problems) this.#note(problem);
    let left: readonly string[] = listKinds(folder);
    while (left.length > 0) left = await this.#try(left);
  }

  #note(problem: string): void {
    this.#problems.push(problem);
    console.error(`Warning: ${problem}`);
    this.#options.log.warn(problem);
  }

  /** Resolves with those that are still to be tried: a module may end its thread, or never let it go on. */
  #try(kinds: readonly string[]): Promise<string[]> {
    const { promise, resolve } = Promise.withResolvers<string[]>();
    const workerData: Probe = { folder: this.#options.folder.href, kinds };
    const probe = new Worker(PROBE, { workerData });
    const left = new Set(kinds);
    let last = kinds[0];
    let hasTriedAll = false;
    let timer: ReturnType<typeof setTimeout> | undefined;

    /** Whoever loaded last holds up the thread, or ended it; where all have begun, each of them waits for something. */
    const end = (why: string) => {
      clearTimeout(timer);
      probe.removeAllListeners().on("error", () => {});
      probe.terminate();
      for (const kind of hasTriedAll ? [...left] : last === undefined ? [] : [last]) {
        if (left.delete(kind)) this.#note(`The handler file ${kind}.ts cannot be loaded: ${why}`);
      }
      resolve([...left]);
    };
    const watch = () => {
      clearTimeout(timer);
      timer = setTimeout(() => end(TOO_LATE), LOAD_MS);
    };
    probe.on("message", (message: ProbeMessage) => {
      watch();
      if (message.state === "tried") hasTriedAll = true;
      else if (message.state === "loading") last = message.kind;
      else if (left.delete(message.kind) && message.state === "broken") this.#note(onOneLine(message.why));
      if (left.size === 0) end("");
    });
    probe.on("error", (error) => end(onOneLine(error.message)));
    probe.on("exit", () => end("its thread ended"));
    return promise;
  }
}

/** What is wrong, and where: an excerpt of the file between them says no more. */
function onOneLine(words: string): string {
  const lines = words.split("\n").map((line) => line.trim());
  const place = lines.findLast((line) => line.startsWith("at "));
  return [lines[0] ?? "", ...(place === undefined ? [] : [place])].join(" ");
}
