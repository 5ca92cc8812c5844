/**
 * Checks the handlers when the system starts: the names of their files, and whether each can be loaded. Jobs of a kind whose
 * handler is broken wait instead of using up their retries, and the handler is tried again until it is mended.
 */
import { sleep } from "@persistent-queue/queue";
import { handlerFiles } from "../handler_files.ts";
import { listKinds } from "../handlers.ts";
import type { Log } from "../log.ts";
import { LoadingDeaths } from "./loading_deaths.ts";
import { HandlerTrial, type TrialOptions } from "./handler_trial.ts";

export interface HandlerCheckOptions extends Pick<TrialOptions, "folder" | "threads" | "limits"> {
  /** Each problem is logged once, and printed on the terminal. */
  readonly log: Pick<Log, "warn" | "info">;
  /** Called with all kinds whose handlers are broken, or not checked yet, whenever these change. */
  readonly onBroken: (kinds: ReadonlySet<string>) => void;
  /** Broken handlers are tried again after this time. */
  readonly againMs?: number;
}

const MAX_WAIT_MS = 2_000;
const AGAIN_MS = 5_000;
/** At the start, so that one slow module does not hold up the check of the others. */
const PATIENCE_MS = 3_000;
/** For a module that was silent for longer than that: on a busy machine, it may only be slow. */
const LONG_PATIENCE_MS = 30_000;
/** A module that spins takes a processor, so it then rests for this many times as long: ten minutes after 30 s. */
const RESTS = 20;

interface Pace {
  readonly isSlow: boolean;
  readonly patienceMs: number;
}

const PACES: readonly Pace[] = [
  { isSlow: false, patienceMs: PATIENCE_MS },
  { isSlow: true, patienceMs: LONG_PATIENCE_MS },
];

interface Verdict {
  readonly why: string;
  /** The state of its file when it was tried. */
  readonly stamp: string;
  /** Its module blocked or ended its thread, or waited for something: it may need more time. */
  readonly isSilent: boolean;
  /** It is not tried again for this long, unless its file changes. */
  readonly pauseMs: number;
}

interface Broken {
  readonly problem: string;
  /** The state of its file when it was tried. */
  readonly stamp: string;
  /** Its module blocked or ended its thread, or waited for something: it may need more time. */
  readonly isSlow: boolean;
  /** By the monotonic clock. Until then it is tried again only if its file has changed. */
  readonly againAt: number;
}

export class HandlerCheck {
  readonly #options: HandlerCheckOptions;
  /** Problems that hold up no kind. */
  readonly #notes = new Set<string>();
  /** By kind. */
  readonly #broken = new Map<string, Broken>();
  readonly #unchecked = new Set<string>();
  /** Whether jobs run although there are unchecked kinds: theirs do not. */
  #isLate = false;
  readonly #deaths = new LoadingDeaths();
  readonly #trials = new Set<HandlerTrial>();
  readonly #end = new AbortController();
  /** Whether broken handlers are tried again, and at which paces that is going on. */
  #retries = false;
  readonly #underWay = new Set<Pace>();

  constructor(options: HandlerCheckOptions) {
    this.#options = options;
  }

  get problems(): readonly string[] {
    return [...this.#notes, ...[...this.#broken.values()].map(({ problem }) => problem)];
  }

  /** Those whose threads have not ended. */
  get trials(): readonly HandlerTrial[] {
    return [...this.#trials];
  }

  /** Checks all handlers, but waits two seconds at most. From then on jobs of other kinds than the unchecked run. */
  async begin(): Promise<void> {
    await Promise.race([this.run().then(() => this.#retry()), sleep(MAX_WAIT_MS)]);
    this.#isLate = this.#unchecked.size > 0;
    if (this.#isLate) this.#tellBroken();
  }

  /** Resolves when every handler has been tried, and the threads that tried them have ended, or cannot be ended. */
  async run(): Promise<void> {
    const { folder } = this.#options;
    for (const problem of handlerFiles(folder).problems) this.#note(problem);
    const kinds = listKinds(folder);
    for (const kind of kinds) this.#unchecked.add(kind);
    await this.#try(kinds, PATIENCE_MS);
    // Those that no thread could try.
    for (const kind of [...this.#unchecked]) this.#release(kind);
  }

  /**
   * A consumer could not load the handler of this kind: it has changed, was not checked yet, or fails only there.
   * `isFatal`: its thread did not survive that.
   */
  hold(kind: string, why: string, { isFatal }: { readonly isFatal: boolean }): void {
    if (this.#broken.has(kind)) return;
    const stamp = this.#stampOf(kind);
    const pauseMs = isFatal ? this.#deaths.note(kind, stamp, performance.now()) : 0;
    this.#hold(kind, { why, stamp, isSilent: false, pauseMs });
    this.#retry();
  }

  stop(): void {
    this.#end.abort();
  }

  get #isStopped(): boolean {
    return this.#end.signal.aborted;
  }

  #retry(): void {
    this.#retries = true;
    for (const pace of PACES) this.#keepTrying(pace);
  }

  /** Until no handler of this pace is broken. So a slow one does not hold up the others. */
  async #keepTrying(pace: Pace): Promise<void> {
    if (this.#underWay.has(pace)) return;
    this.#underWay.add(pace);
    const brokenOnes = () => [...this.#broken].filter(([, { isSlow }]) => isSlow === pace.isSlow);
    while (brokenOnes().length > 0 && !this.#isStopped) {
      const due = brokenOnes().filter(([kind, { stamp, againAt }]) => (
        againAt <= performance.now() || stamp !== this.#stampOf(kind)
      ));
      await this.#try(due.map(([kind]) => kind), pace.patienceMs);
      await sleep(this.#options.againMs ?? AGAIN_MS, this.#end.signal);
    }
    this.#underWay.delete(pace);
  }

  async #try(kinds: readonly string[], patienceMs: number): Promise<void> {
    const { folder, threads, limits } = this.#options;
    const endings: Promise<void>[] = [];
    const stamps = new Map(kinds.map((kind) => [kind, this.#stampOf(kind)]));
    // Only a module that blocks its thread or ends it leaves others untried.
    const groups = kinds.length === 0 ? [] : [kinds];
    for (let group = groups.shift(); group !== undefined && !this.#isStopped; group = groups.shift()) {
      const trial = new HandlerTrial(group, {
        ...{ folder, threads, limits, patienceMs },
        onSound: (kind) => this.#release(kind),
        onBroken: (kind, why, { silentMs }) => {
          const pauseMs = patienceMs < LONG_PATIENCE_MS ? 0 : RESTS * silentMs;
          this.#hold(kind, { why, stamp: stamps.get(kind) ?? "", isSilent: silentMs > 0, pauseMs });
        },
        onProblem: (problem) => this.#note(problem),
        onWedged: (kind) => {
          this.#note(wedged(kind));
          // Each try would take one more thread.
          this.#tryFrom(kind, Infinity);
        },
        onFreed: (kind) => {
          this.#notes.delete(wedged(kind));
          this.#tryFrom(kind, 0);
        },
      });
      this.#trials.add(trial);
      endings.push(trial.gone.then(() => void this.#trials.delete(trial)));
      groups.push(...await trial.left);
    }
    await Promise.all(endings);
  }

  // What was found --------------------------------------------------------------------------------------------

  #note(problem: string): void {
    if (this.#isStopped || this.#notes.has(problem)) return;
    this.#notes.add(problem);
    this.#tell(problem);
  }

  #tell(problem: string): void {
    console.error(`Warning: ${problem}`);
    this.#options.log.warn(problem);
  }

  #hold(kind: string, { why, stamp, isSilent, pauseMs }: Verdict): void {
    if (this.#isStopped) return;
    const before = this.#broken.get(kind);
    const problem = `${onOneLine(why)} – jobs of kind ${kind} wait`;
    const isSlow = isSilent || before?.isSlow === true && before.stamp === stamp;
    const againAt = pauseMs === 0 ? 0 : performance.now() + pauseMs;
    this.#broken.set(kind, { problem, stamp, isSlow, againAt });
    this.#unchecked.delete(kind);
    if (problem !== before?.problem) this.#tell(problem);
    if (before === undefined) this.#tellBroken();
    if (this.#retries) this.#retry();
  }

  #tryFrom(kind: string, againAt: number): void {
    const broken = this.#broken.get(kind);
    if (broken !== undefined) this.#broken.set(kind, { ...broken, againAt });
  }

  #release(kind: string): void {
    if (this.#isStopped) return;
    const wasUnchecked = this.#unchecked.delete(kind);
    const wasBroken = this.#broken.delete(kind);
    if (wasBroken) {
      const news = `The handler file ${kind}.ts can be loaded now: jobs of kind ${kind} run.`;
      console.error(news);
      this.#options.log.info(news);
    }
    if (wasBroken || wasUnchecked && this.#isLate) this.#tellBroken();
  }

  #tellBroken(): void {
    this.#options.onBroken(new Set([...this.#broken.keys(), ...this.#isLate ? this.#unchecked : []]));
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

function wedged(kind: string): string {
  return `The handler file ${kind}.ts hangs in native code while it is loaded: the thread that tried it cannot be ` +
    "ended, and holds what it has until the process ends.";
}

/** What is wrong, and where; the excerpt of the file in between adds nothing. */
function onOneLine(words: string): string {
  const lines = words.split("\n").map((line) => line.trim());
  const place = lines.findLast((line) => line.startsWith("at "));
  return place === undefined ? lines[0] ?? "" : `${lines[0]} (${place})`;
}
