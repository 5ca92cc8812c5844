/**
 * Tracks which attempt the running code belongs to. Each attempt has its own async context, which everything that it
 * begins (promises, callbacks, timers) carries along. So a failure or a busy loop after the end of its job is not
 * blamed on the next job.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import process from "node:process";
import timers from "node:timers";
import { printable } from "@persistent-queue/queue/basics";
import type { ThreadState } from "../dispatch/thread_state.ts";
import type { Attempt } from "./attempt.ts";
import { INDESCRIBABLE, reportOf } from "./error_report.ts";
import { afterwards } from "./runtime.ts";

export interface OwnersOptions {
  readonly state: ThreadState;
  /** An uncaught error was thrown. `owner` is undefined if it cannot be determined. */
  readonly onFault: (words: string, owner: Attempt | undefined) => void;
  /** Code of this owner, whose job has ended, runs for the first time. */
  readonly onLeftover: (owner: Attempt) => void;
}

type Work = (...values: unknown[]) => unknown;
type Schedule = (work: Work, ...rest: unknown[]) => unknown;
type Hook = (promise: Promise<unknown>) => void;
type SetPromiseHooks = (init?: Hook, before?: Hook, after?: Hook, resolve?: Hook) => void;

const MAX_LENGTH = 2_000;

export class Owners {
  readonly #options: OwnersOptions;
  /** Bound here, before a handler can replace the methods for the whole thread. */
  readonly #enter: AsyncLocalStorage<Attempt>["run"];
  readonly #owner: () => Attempt | undefined;
  readonly #reported = new WeakSet<Attempt>();
  #isInLeftover = false;

  constructor(options: OwnersOptions) {
    this.#options = options;
    const context = new AsyncLocalStorage<Attempt>();
    this.#enter = context.run.bind(context) as typeof context.run;
    this.#owner = context.getStore.bind(context);
    globalThis.addEventListener("error", (event) => {
      event.preventDefault();
      options.onFault(wordsOf(event.error ?? event.message), this.#owner());
    });
    globalThis.addEventListener("unhandledrejection", (event) => {
      event.preventDefault();
      options.onFault(wordsOf(event.reason), this.#owner());
    });
    // Those of `node:timers` are for packages that use its default export. What is imported by name cannot be replaced.
    for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
      this.#ownCallbacksOf(name, globalThis, timers);
    }
    this.#ownCallbacksOf("queueMicrotask", globalThis);
    this.#ownCallbacksOf("nextTick", process);
    beforeContinuations(() => this.#noteOwner());
  }

  /** Everything that `work` begins belongs to `owner`. */
  run<T>(owner: Attempt, work: (owner: Attempt) => T): T {
    return this.#enter(owner, work, owner);
  }

  /** The objects have the same function. */
  #ownCallbacksOf(name: string, first: object, ...others: readonly object[]): void {
    const value = this.#owned(Reflect.get(first, name) as Schedule);
    for (const object of [first, ...others]) {
      Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
    }
  }

  /** Called at each continuation: what runs from here on belongs to this owner. */
  #noteOwner(): void {
    const owner = this.#owner();
    if (owner !== undefined && owner.hasEnded) this.#beginLeftover(owner);
    else this.#endLeftover();
  }

  /** Wrapped, because timers lose their context before their error is reported, and microtasks have no hook. */
  #owned(schedule: Schedule): Schedule {
    const run = this.#runCallback.bind(this);
    const ownerNow = this.#owner;
    function owned(this: unknown, work: Work, ...rest: unknown[]): unknown {
      const owner = ownerNow();
      if (owner === undefined || typeof work !== "function") return schedule.call(this, work, ...rest);
      return schedule.call(this, function (this: unknown, ...values: unknown[]) {
        run(owner, () => work.apply(this, values));
      }, ...rest);
    }
    // Such as the form that returns a promise.
    return Object.defineProperties(owned, Object.getOwnPropertyDescriptors(schedule));
  }

  #runCallback(owner: Attempt, work: () => unknown): void {
    if (owner.hasEnded) this.#beginLeftover(owner);
    else this.#endLeftover();
    try {
      work();
    } catch (error) {
      this.#options.onFault(wordsOf(error), owner);
    }
  }

  #beginLeftover(owner: Attempt): void {
    if (!this.#reported.has(owner)) {
      this.#reported.add(owner);
      this.#options.onLeftover(owner);
    }
    if (this.#isInLeftover) return;
    this.#isInLeftover = true;
    this.#options.state.isInLeftover = true;
    afterwards(() => this.#endLeftover());
  }

  #endLeftover(): void {
    if (!this.#isInLeftover) return;
    this.#isInLeftover = false;
    this.#options.state.isInLeftover = false;
  }
}

/** The text may contain data of a job, so it is made printable. */
function wordsOf(thrown: unknown): string {
  try {
    return printable(reportOf(thrown).error.replaceAll("\n    ", " "), { maxLength: MAX_LENGTH });
  } catch {
    // The handler has replaced something that the description needs.
    return INDESCRIBABLE;
  }
}

/**
 * `before` runs whenever code continues after an `await` or in the callback of a promise, in the async context of that
 * code. That covers input and output, microtasks and messages. It must be cheap. V8 has a hook for it, which Deno
 * exposes only to its own modules; a release without it reports nothing.
 */
function beforeContinuations(before: () => void): void {
  setPromiseHooks()?.(undefined, before, undefined, undefined);
}

function setPromiseHooks(): SetPromiseHooks | undefined {
  const { internal } = Deno as unknown as { readonly internal: symbol };
  const inside = Reflect.get(Deno, internal) as
    | { readonly core?: { readonly setPromiseHooks?: SetPromiseHooks } }
    | undefined;
  return inside?.core?.setPromiseHooks;
}
