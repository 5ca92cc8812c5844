/**
 * Checks the handlers when the system starts: the names of their files, and whether each can be loaded. Jobs of a kind whose
 * handler is broken wait instead of using up their retries, and the handler is tried again until it is mended.
 */
import { sleep } from "@persistent-queue/queue";
import { handlerFiles } from "../handler_files.ts";
import { listKinds } from "../handlers.ts";
import type { Log } from "../log.ts";
import { HandlerTrial, type TrialOptions } from "./handler_trial.ts";

export interface HandlerCheckOptions extends Pick<TrialOptions, "folder" | "threads"> {
  /** Each problem is logged once, and printed on the terminal. */
  readonly log: Pick<Log, "warn" | "info">;
  /** Called with all kinds whose handlers are broken, whenever these change. */
  readonly onBroken: (kinds: ReadonlySet<string>) => void;
  /** Broken handlers are tried again after this time. */
  readonly againMs?: number;
}

const MAX_WAIT_MS = 2_000;
const AGAIN_MS = 5_000;

interface Broken {
  readonly kind: string;
  /** The file as it was tried, for a module that blocked its thread or ended it: it is not tried again unchanged. */
  readonly stamp: string | null;
}

export class HandlerCheck {
  readonly #options: HandlerCheckOptions;
  /** By their sentences; null = of no kind that is broken. */
  readonly #problems = new Map<string, Broken | null>();
  readonly #endings: Promise<void>[] = [];
  #isStopped = false;
  #cancelTimer = () => {};

  constructor(options: HandlerCheckOptions) {
    this.#options = options;
  }

  get problems(): readonly string[] {
    return [...this.#problems.keys()];
  }

  /** Like `run`, but waits two seconds at most. Problems found later are reported when they are known. */
  async begin(): Promise<void> {
    await Promise.race([this.run().then(() => this.#tryLater()), sleep(MAX_WAIT_MS)]);
  }

  /** Resolves when every handler has been tried, and the threads that tried them have ended, or cannot be ended. */
  async run(): Promise<void> {
    const { folder } = this.#options;
    for (const problem of handlerFiles(folder).problems) this.#note(problem);
    await this.#try(listKinds(folder));
    await Promise.all(this.#endings);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancelTimer();
  }

  /** Returns the kinds whose handlers are broken. */
  async #try(kinds: readonly string[]): Promise<ReadonlySet<string>> {
    const { folder, threads } = this.#options;
    const broken = new Set<string>();
    let left = kinds;
    while (left.length > 0 && !this.#isStopped) {
      const trial = new HandlerTrial(left, {
        ...{ folder, threads, onProblem: (problem) => this.#note(problem) },
        onWithdrawn: (problem) => this.#problems.delete(problem),
        onBroken: (kind, problem, { isSilent }) => {
          broken.add(kind);
          this.#hold(kind, problem, isSilent ? this.#stampOf(kind) : null);
        },
      });
      this.#endings.push(trial.gone);
      // Only a module that blocks its thread or ends it leaves others untried.
      left = await trial.left;
    }
    return broken;
  }

  #note(problem: string): void {
    if (this.#isStopped || this.#problems.has(problem)) return;
    this.#problems.set(problem, null);
    console.error(`Warning: ${problem}`);
    this.#options.log.warn(problem);
  }

  #hold(kind: string, why: string, stamp: string | null): void {
    const problem = `${why} – jobs of kind ${kind} wait`;
    for (const known of this.#problemsOf(kind)) if (known !== problem) this.#problems.delete(known);
    this.#note(problem);
    if (this.#isStopped) return;
    this.#problems.set(problem, { kind, stamp });
    this.#tellBroken();
  }

  #tryLater(): void {
    if (this.#isStopped || this.#broken.length === 0) return;
    const timer = setTimeout(() => this.#tryAgain(), this.#options.againMs ?? AGAIN_MS);
    this.#cancelTimer = () => clearTimeout(timer);
  }

  async #tryAgain(): Promise<void> {
    const kinds = this.#broken
      .filter(({ kind, stamp }) => stamp === null || stamp !== this.#stampOf(kind))
      .map(({ kind }) => kind);
    const broken = await this.#try(kinds);
    for (const kind of kinds) if (!broken.has(kind)) this.#release(kind);
    this.#tryLater();
  }

  #release(kind: string): void {
    if (this.#isStopped) return;
    for (const problem of this.#problemsOf(kind)) this.#problems.delete(problem);
    const news = `The handler file ${kind}.ts can be loaded now: jobs of kind ${kind} run.`;
    console.error(news);
    this.#options.log.info(news);
    this.#tellBroken();
  }

  get #broken(): Broken[] {
    return [...this.#problems.values()].filter((one) => one !== null);
  }

  #problemsOf(kind: string): string[] {
    return [...this.#problems].filter(([, one]) => one?.kind === kind).map(([problem]) => problem);
  }

  #tellBroken(): void {
    this.#options.onBroken(new Set(this.#broken.map(({ kind }) => kind)));
  }

  /** Differs once the file has changed. */
  #stampOf(kind: string): string {
    try {
      const { mtime, size } = Deno.statSync(new URL(`${kind}.ts`, this.#options.folder));
      return `${mtime?.getTime()} ${size}`;
    } catch {
      return "";
    }
  }
}
