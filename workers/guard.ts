/**
 * The guard starts the supervisor, hands it the settings, and starts it again when it dies. It holds no database and no
 * port. The supervisor does not outlive its guard. Some failures kill a whole process (out of memory in a thread, a
 * thread that cannot be ended). The guard survives those.
 */
import { EXIT, messageOf, sleep } from "@persistent-queue/queue";
import { stopSignals } from "./process/stop_signals.ts";

export interface GuardOptions {
  /** The program and its arguments, which may differ when it is started `again`. */
  readonly command: string;
  readonly args: readonly string[] | ((again: boolean) => readonly string[]);
  /** The supervisor's whole environment; the guard's own unless given. */
  readonly env?: Readonly<Record<string, string>>;
  /** The first line that the supervisor reads from its stdin: values that do not belong in its environment. */
  readonly handover?: string;
  /**
   * Whether to restart a supervisor that died. Where a service manager does that, the supervisor's exit code is passed on
   * instead.
   */
  readonly restarts?: boolean;
  /** Receives one line per restart; stderr unless given. */
  readonly log?: (text: string) => void;
  /** A supervisor that ran this long was healthy, so the delays start over. 60,000 ms unless given. */
  readonly stableMs?: number;
  /** The delay before each consecutive restart; the last one applies to all that follow. */
  readonly delaysMs?: readonly number[];
  /** Ends the guard as SIGTERM would. */
  readonly signal?: AbortSignal;
}

const DELAYS_MS = [0, 250, 500, 1000, 2000, 4000, 8000, 16_000, 30_000];

/** After these codes a restart would not help: the work is done, the storage does not work, or the settings are wrong. */
const FINAL_CODES: readonly number[] = [EXIT.done, EXIT.storage, EXIT.configuration];

/** Runs until the supervisor ends for good. Returns the exit code to pass on. */
export async function guard(options: GuardOptions): Promise<number> {
  const { log = console.error, stableMs = 60_000, delaysMs = DELAYS_MS, restarts = true } = options;
  using stop = new StopSignals(options.signal);
  for (let failures = 0, again = false;; again = true) {
    const startedAt = performance.now();
    const { code, why } = await liveOnce(options, { again, stop });
    if (stop.asked || !restarts || FINAL_CODES.includes(code)) return code;
    if (performance.now() - startedAt >= stableMs) failures = 0;
    const delayMs = delaysMs[Math.min(failures, delaysMs.length - 1)] ?? 0;
    log(`The supervisor ${why}; starting it again ${delayMs === 0 ? "at once" : `in ${delayMs} ms`}`);
    await sleep(delayMs, stop.signal);
    if (stop.asked) return EXIT.done;
    failures++;
  }
}

interface Start {
  readonly again: boolean;
  readonly stop: StopSignals;
}

/**
 * How one life ended. After the first, a start that fails counts as a life: a full disk, or a temporary folder that is
 * gone, passes. @throws why the very first start is impossible
 */
async function liveOnce(
  options: GuardOptions,
  start: Start,
): Promise<{ readonly code: number; readonly why: string }> {
  try {
    const { code, signal } = await runOnce(options, start);
    return { code, why: signal === null ? `ended with exit code ${code}` : `ended by ${signal}` };
  } catch (error) {
    if (!start.again) throw error;
    return { code: EXIT.failed, why: `could not be started (${messageOf(error)})` };
  }
}

/** The supervisor's stdin is a pipe that only the guard holds: it closes when the guard ends, however that happens. */
async function runOnce(
  { command, args, env, handover }: GuardOptions,
  { again, stop }: Start,
): Promise<Deno.CommandStatus> {
  const environment = env === undefined ? {} : { env: { ...env }, clearEnv: true };
  const child = new Deno.Command(command, {
    args: [...(typeof args === "function" ? args(again) : args)],
    ...environment,
    stdin: "piped",
  }).spawn();
  stop.forwardTo(child);
  const writer = child.stdin.getWriter();
  // A supervisor that is already dead reads nothing; its exit code says why.
  if (handover !== undefined) writer.write(new TextEncoder().encode(`${handover}\n`)).catch(() => {});
  const status = await child.status;
  stop.forwardTo(null);
  await writer.close().catch(() => {});
  return status;
}

/**
 * Ctrl+C reaches the supervisor at least twice: from the terminal, from `deno task` and from here. A second signal
 * counts only if it comes a second later. The guard passes on what it gets and waits.
 */
class StopSignals implements Disposable {
  readonly #stopping = new AbortController();
  readonly #outside: AbortSignal | undefined;
  readonly #signals = stopSignals();
  #child: Deno.ChildProcess | null = null;

  constructor(outside: AbortSignal | undefined) {
    this.#outside = outside;
    for (const signal of this.#signals) Deno.addSignalListener(signal, this.#listener(signal));
    outside?.addEventListener("abort", this.#onTerminate);
    if (outside?.aborted) this.#stopping.abort();
  }

  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  get asked(): boolean {
    return this.signal.aborted;
  }

  forwardTo(child: Deno.ChildProcess | null): void {
    this.#child = child;
    if (this.asked) this.#send("SIGTERM");
  }

  [Symbol.dispose](): void {
    for (const signal of this.#signals) Deno.removeSignalListener(signal, this.#listener(signal));
    this.#outside?.removeEventListener("abort", this.#onTerminate);
  }

  #listener(signal: Deno.Signal): () => void {
    return signal === "SIGINT" ? this.#onInterrupt : this.#onTerminate;
  }

  readonly #onInterrupt = () => this.#stop("SIGINT");
  readonly #onTerminate = () => this.#stop("SIGTERM");

  #stop(signal: "SIGINT" | "SIGTERM"): void {
    this.#stopping.abort();
    this.#send(signal);
  }

  #send(signal: "SIGINT" | "SIGTERM"): void {
    try {
      this.#child?.kill(signal);
    } catch {
      // The process is already gone.
    }
  }
}
