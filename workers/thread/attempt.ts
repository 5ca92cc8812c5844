/** One attempt at one job, from its handler to its outcome. Runs in the consumer's thread. */
import type { Outcome } from "@persistent-queue/queue";
import { assertExact, exactJson, InexactNumber, messageOf } from "@persistent-queue/queue/words";
import { type ErrorReport, reportOf } from "./error_report.ts";
import { KeptLines } from "./kept_lines.ts";
import { GiveUp, type HandlerContext, type HandlerJob, type HandlerModule, RetryLater } from "../handler.ts";
import type { Handlers } from "../handlers.ts";
import type { JobMessage } from "../protocol.ts";

/** For how long a handler may go on after its deadline before its thread is given up. */
const GRACE_MS = 5_000;
const MAX_RESULT_BYTES = 1_048_576;

export interface AttemptOptions {
  readonly consumerId: string;
  readonly settings: HandlerContext["settings"];
  readonly handlers: Handlers;
  readonly log: (text: string) => void;
}

export class Attempt {
  readonly #message: JobMessage;
  readonly #options: AttemptOptions;
  #controller: AbortController | undefined;
  #canceled: string | null = null;
  #stubborn: string | null = null;
  readonly #began = performance.now();
  #lines: KeptLines | undefined;

  constructor(message: JobMessage, options: AttemptOptions) {
    this.#message = message;
    this.#options = options;
  }

  get ticket(): number {
    return this.#message.ticket;
  }

  /** Why the thread can no longer be trusted: the handler goes on in it, past its deadline. */
  get stubborn(): string | null {
    return this.#stubborn;
  }

  /** Never throws: whatever the handler does ends in an outcome. */
  async run(): Promise<Outcome> {
    try {
      const { kind } = this.#message;
      const module = this.#options.handlers.loaded(kind) ?? await this.#options.handlers.load(kind);
      const job = toHandlerJob(this.#message, this.#options.consumerId);
      return returned(await this.#call(module, job));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(thrown: unknown): Outcome {
    const { type, delayMs } = kindOf(thrown);
    const { error, detail }: ErrorReport = reportOf(thrown, { isDeliberate: type !== "threw" });
    const ranMs = Math.round(performance.now() - this.#began);
    const report = { ranMs, detail, log: this.#lines?.text ?? null };
    return type === "retry-later" ? { type, error, delayMs, report } : { type, error, report };
  }

  cancel(reason: string): void {
    this.#canceled = reason;
    this.#controller?.abort(new DOMException(`The job was stopped: ${reason}`, "AbortError"));
  }

  #call({ handler, deadlineMs }: HandlerModule, job: HandlerJob): unknown {
    if (deadlineMs === undefined) return handler(job, this.#context());
    return this.#withDeadline(deadlineMs, async () => await handler(job, this.#context()));
  }

  /** At the deadline the signal fires; the handler then has some seconds to end, whatever it answers. */
  async #withDeadline(deadlineMs: number, work: () => Promise<unknown>): Promise<unknown> {
    const late = new TimedOut(`It ran past its deadline of ${deadlineMs / 1000} s`);
    let timer = setTimeout(() => {}, 0);
    const overdue = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#signalController().abort(late);
        timer = setTimeout(() => {
          this.#stubborn = `A handler ignored its deadline for ${GRACE_MS / 1000} s`;
          reject(late);
        }, GRACE_MS);
      }, deadlineMs);
    });
    try {
      const value = await Promise.race([work(), overdue]);
      if (this.#controller?.signal.reason === late) throw late;
      return value;
    } catch (error) {
      throw this.#controller?.signal.reason === late ? late : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The signal is made when it is asked for: a job of microseconds does not pay for it. */
  #context(): HandlerContext {
    const controller = () => this.#signalController();
    const { settings } = this.#options;
    return {
      get signal() {
        return controller().signal;
      },
      attempt: this.#message.attempt,
      log: (text) => this.#log(text),
      settings,
    };
  }

  #log(text: string): void {
    this.#lines ??= new KeptLines(this.#began);
    this.#lines.add(text);
    this.#options.log(text);
  }

  #signalController(): AbortController {
    this.#controller ??= new AbortController();
    if (this.#canceled !== null) this.cancel(this.#canceled);
    return this.#controller;
  }
}

class TimedOut extends Error {}

function toHandlerJob({ id, kind, payload, lease }: JobMessage, consumerId: string): HandlerJob {
  return { id, kind, payload: parse(payload), lease, consumerId };
}

function parse(payload: string): unknown {
  try {
    const value: unknown = JSON.parse(payload);
    assertExact(payload);
    return value;
  } catch (error) {
    if (error instanceof InexactNumber) {
      throw new GiveUp(`The payload cannot be given to its handler as it is stored: ${error.message}`);
    }
    throw new GiveUp(`The payload is not JSON: ${messageOf(error)}`);
  }
}

function returned(value: unknown): Outcome {
  const result = value === undefined ? null : toJson(value);
  if (result !== null && result.length > MAX_RESULT_BYTES) {
    throw new GiveUp("The handler's result is larger than 1 MiB");
  }
  return { type: "returned", result };
}

function toJson(value: unknown): string {
  try {
    const text = exactJson(value);
    if (text !== undefined) return text;
  } catch (error) {
    if (error instanceof InexactNumber) {
      throw new GiveUp(
        `The handler's result cannot be kept as JSON: it holds ${error.number} at "${error.path}"`,
      );
    }
    // Circles and big integers are as little JSON as functions.
  }
  throw new GiveUp("The handler's result cannot be kept as JSON");
}

type Failure =
  | { readonly type: "threw" | "gave-up" | "timed-out"; readonly delayMs?: never }
  | { readonly type: "retry-later"; readonly delayMs: number };

function kindOf(thrown: unknown): Failure {
  if (thrown instanceof GiveUp) return { type: "gave-up" };
  if (thrown instanceof RetryLater) return { type: "retry-later", delayMs: thrown.delayMs };
  if (thrown instanceof TimedOut) return { type: "timed-out" };
  return { type: "threw" };
}
