/** One attempt at one job, from its handler to its outcome. Runs in the consumer's thread. */
import type { Outcome } from "@persistent-queue/queue";
import { messageOf } from "@persistent-queue/queue/basics";
import type { ThreadState } from "../dispatch/thread_state.ts";
import { type ErrorReport, INDESCRIBABLE, reportOf } from "./error_report.ts";
import { kindOf, TimedOut } from "./failure_kind.ts";
import { inspectValues, KeptLines } from "./handler_log.ts";
import { resultText, toHandlerJob } from "./results.ts";
import type { Clock } from "./runtime.ts";
import {
  type HandlerContext,
  type HandlerJob,
  type HandlerModule,
  isDelay,
  NO_DELAY,
  RetryLater,
} from "../handler.ts";
import type { Handlers } from "../handlers.ts";
import { isOutOfFiles } from "../process/open_files.ts";
import type { JobMessage } from "../protocol.ts";

/** Captured before a handler can change them. */
const race = Promise.race.bind(Promise);
const { defineProperty } = Object;
const { round } = Math;

const TAKE_SIGNAL = Symbol("signal");

/** One getter for all contexts: a literal with its own getter makes V8 give each object its own shape (0.8 µs). */
const SIGNAL = {
  get(this: { readonly [TAKE_SIGNAL]: () => AbortSignal }): AbortSignal {
    return this[TAKE_SIGNAL]();
  },
  ...{ enumerable: true, configurable: true },
};

/** How long a handler may run past its deadline before its thread is given up. */
const GRACE_MS = 5_000;
/** By then the supervisor has most likely freed some open files. */
const FILES_RETRY_MS = 1_000;
/** By then the supervisor knows that no job of this kind can run here, unless the handler has been mended. */
const LOAD_RETRY_MS = 5_000;

export interface AttemptOptions {
  readonly consumerId: string;
  /** Frozen, because all attempts of the thread share it. */
  readonly settings: HandlerContext["settings"];
  readonly handlers: Pick<Handlers, "loaded" | "load">;
  readonly clock: Clock;
  readonly state: ThreadState;
  /** A module is about to be loaded, which may block or end the thread. */
  readonly onLoading: () => void;
  /** The module of this kind has just been loaded. */
  readonly onLoaded: (kind: string) => void;
  /** It cannot be loaded, for this reason. */
  readonly onUnloadable: (kind: string, why: string) => void;
  /** False: the thread is about to be replaced, and its job runs in another one. */
  readonly isUsable: () => boolean;
  readonly log: (text: string) => void;
}

export class Attempt {
  readonly #message: JobMessage;
  readonly #options: AttemptOptions;
  #controller: AbortController | undefined;
  #canceled: string | null = null;
  #overrun: string | null = null;
  #lines: KeptLines | undefined;
  /** By the thread's clock. The time that the first job of a kind waits for its module does not count. */
  began: number;
  #wasCalled = false;
  /** The outcome is known: any code of it that still runs is a leftover. */
  hasEnded = false;

  constructor(message: JobMessage, options: AttemptOptions) {
    this.#message = message;
    this.#options = options;
    this.began = options.clock.now();
  }

  get id(): string {
    return this.#message.id;
  }

  get ticket(): number {
    return this.#message.ticket;
  }

  get kind(): string {
    return this.#message.kind;
  }

  /** Describes the job. */
  get name(): string {
    const { id, kind } = this.#message;
    return `job_id: ${id} (kind ${kind})`;
  }

  /** Why the thread can no longer be trusted: the handler still runs in it past its deadline. */
  get overrun(): string | null {
    return this.#overrun;
  }

  /** How long the handler has run; null if it was not called. */
  ranMs(now: number): number | null {
    return this.#wasCalled ? now - this.began : null;
  }

  /** Never throws: whatever the handler does becomes an outcome. */
  async run(): Promise<Outcome> {
    try {
      const { kind } = this.#message;
      const module = this.#options.handlers.loaded(kind) ?? await this.#load(kind);
      const job = toHandlerJob(this.#message, this.#options.consumerId);
      return this.#returned(await this.#call(module, job));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(thrown: unknown): Outcome {
    try {
      return this.#outcomeOf(thrown);
    } catch {
      // The handler has replaced something that the description needs, such as a string method.
      return { type: "threw", error: INDESCRIBABLE };
    }
  }

  #outcomeOf(thrown: unknown): Outcome {
    const { type, delayMs } = kindOf(thrown);
    const { error, detail }: ErrorReport = reportOf(thrown, { isDeliberate: type !== "threw" });
    const ranMs = this.ranMs(this.#options.clock.now());
    const log = this.#lines?.text ?? null;
    const reported = ranMs === null ? {} : { report: { ranMs: round(ranMs), detail, log } };
    if (type !== "retry-later") return { type, error, ...reported };
    if (!isDelay(delayMs)) return { type: "threw", error: NO_DELAY, ...reported };
    return { type, error, delayMs, ...reported };
  }

  async #load(kind: string): Promise<HandlerModule> {
    const { handlers, state, clock, isUsable, onLoading, onLoaded } = this.#options;
    onLoading();
    state.isLoading = true;
    // In a thread that is about to be replaced no handler begins.
    const ended = () => isUsable() ? void (state.isLoading = false) : new Promise<never>(() => {});
    const module = await handlers.load(kind).finally(ended).catch((error) => this.#comeLater(error));
    onLoaded(kind);
    this.began = clock.now();
    // An order to stop that came meanwhile has found no handler to tell.
    if (this.#canceled !== null) throw abortErrorOf(this.#canceled);
    return module;
  }

  /** A job is not to blame for its handler, nor for the files that others hold open: it uses up no retry. @throws */
  #comeLater(error: unknown): never {
    if (isOutOfFiles(error)) throw new RetryLater(FILES_RETRY_MS, messageOf(error));
    const why = reportOf(error, { isDeliberate: true }).error;
    this.#options.onUnloadable(this.kind, why);
    throw new RetryLater(LOAD_RETRY_MS, why);
  }

  cancel(reason: string): void {
    this.#canceled = reason;
    this.#controller?.abort(abortErrorOf(reason));
  }

  #call({ handler, deadlineMs }: HandlerModule, job: HandlerJob): unknown {
    this.#wasCalled = true;
    if (deadlineMs === undefined) return handler(job, this.#context());
    return this.#withDeadline(deadlineMs, async () => await handler(job, this.#context()));
  }

  /**
   * At the deadline the signal fires; the handler then has a few seconds to end, and its return value is ignored. A
   * handler that is computing never notices, so the supervisor watches the deadline too.
   */
  async #withDeadline(deadlineMs: number, work: () => Promise<unknown>): Promise<unknown> {
    const { clock, state } = this.#options;
    const late = new TimedOut(`It ran past its deadline of ${deadlineMs / 1000} s`);
    const began = clock.now();
    // A handler that computes past its deadline ends before the timer can fire.
    const isLate = () => this.#controller?.signal.reason === late || clock.now() - began > deadlineMs;
    let cancelTimer = () => {};
    const overdue = new Promise<never>((_, reject) => {
      cancelTimer = clock.after(deadlineMs, () => {
        state.tellDeadline();
        this.#signalController().abort(late);
        cancelTimer = clock.after(GRACE_MS, () => {
          this.#overrun = `A handler ignored its deadline for ${GRACE_MS / 1000} s`;
          reject(late);
        });
      });
    });
    state.deadlineMs = deadlineMs;
    try {
      const value = await race([work(), overdue]);
      if (isLate()) throw late;
      return value;
    } catch (error) {
      throw isLate() ? late : error;
    } finally {
      cancelTimer();
      state.deadlineMs = 0;
    }
  }

  /** The signal is created on first use, so that a job of microseconds does not pay for it. */
  #context(): HandlerContext {
    const context = {
      attempt: this.#message.attempt,
      log: (...values: unknown[]) => this.#log(values),
      settings: this.#options.settings,
      [TAKE_SIGNAL]: () => this.#signalController().signal,
    };
    return defineProperty(context, "signal", SIGNAL) as typeof context & Pick<HandlerContext, "signal">;
  }

  /** A line logged after the end of its attempt would look like one of the next attempt's. */
  #log(values: readonly unknown[]): void {
    const text = inspectValues(values);
    if (this.hasEnded) {
      return this.#options.log(`Logged after the end of job_id: ${this.#message.id}: ${text}`);
    }
    this.#lines ??= new KeptLines(this.began, this.#options.clock.now);
    this.#lines.add(text);
    this.#options.log(text);
  }

  #returned(value: unknown): Outcome {
    const { text, loss } = resultText(value);
    if (loss !== null) {
      this.#options.log(`The result of job_id: ${this.#message.id} is not complete: ${loss}`);
    }
    return { type: "returned", result: text };
  }

  #signalController(): AbortController {
    this.#controller ??= new AbortController();
    if (this.#canceled !== null) this.cancel(this.#canceled);
    return this.#controller;
  }
}

function abortErrorOf(reason: string): DOMException {
  return new DOMException(`The job was stopped: ${reason}`, "AbortError");
}
