/**
 * One thread, from its start to its end. Its host (`host.ts`) starts it with `node:worker_threads`: in Deno such a worker
 * has a memory limit, and one that holds a Web Lock (`thread/runtime.ts`) can be ended whatever it computes. Only a call
 * into native code goes on, although the worker emits `exit` and its lock is released as if it had ended. The reliable
 * signal is the channel: its other end belongs to the thread, and closes when the runtime frees what the thread had, which
 * happens last, however the thread ends. Messages travel as JSON text on that channel, which no handler can reach: 128
 * jobs as one text cost half as much as the same jobs as objects.
 */
import { receiveMessageOnPort } from "node:worker_threads";
import type { HostedThread, HostedThreads, ThreadError } from "./slots/hosted_threads.ts";
import {
  type Close,
  type FromThread,
  readMessage,
  type StartConsumer,
  type StartProducer,
  type ToConsumer,
  type ToProducer,
  type ToThread,
  writeMessages,
} from "./protocol.ts";
import type { StartTurns } from "./slots/start_turns.ts";
import { ranOutOfMemory } from "./thread/memory.ts";

/** All but the first are called with a sentence that gives the reason. */
export interface LifeEvents {
  /** The thread has started. */
  readonly onReady: () => void;
  /** The thread is no longer usable and should be ended. */
  readonly onUnusable: (why: string) => void;
  /** Nothing of the thread runs anymore. Called once. */
  readonly onEnd: (why: string) => void;
}

export interface ChildOptions<Start> extends Omit<LifeEvents, "onReady"> {
  readonly onReady?: () => void;
  readonly threads: Pick<HostedThreads, "start">;
  readonly url: URL;
  readonly name: string;
  readonly start: Start;
  /** The limit of its heap, in megabytes: a thread that needs more ends. V8's own limit unless given. */
  readonly memoryMb?: number;
  /** Whether a spare thread of the same kind is kept ready. */
  readonly keepsSpare?: boolean;
  readonly onMessage: (message: FromThread) => void;
  /** Its turn to start comes from here; it starts at once unless given. */
  readonly turns?: StartTurns;
  /** A thread that is not ready this many milliseconds after its turn came counts as failed. */
  readonly startMs?: number;
}

export interface Child<Message> {
  /**
   * Posts at once; with `withNext`, together with the next message if that follows within a few milliseconds. Each post
   * costs about 80 µs.
   */
  post(message: Message, when?: { readonly withNext?: boolean }): void;
  /**
   * Ends the thread, unless it is inside a native call that never returns; `onEnd` reports the end. The thread is first
   * asked to close, unless `atOnce` is set.
   */
  end(why: string, how?: { readonly atOnce?: boolean }): void;
}

/** How the supervisor starts its threads: with `startChild`, unless they are simulated. */
export type Spawn = (
  options: Omit<ChildOptions<StartConsumer | StartProducer>, "threads">,
) => Child<ToConsumer | ToProducer>;

export const NO_REASON = "It ended without giving a reason";
const NO_START = "It was not needed before its turn to start came";
const CLOSE: Close = { type: "close" };
const START_MS = 15_000;
/** At full speed, the next jobs come with the next transaction. */
const BATCH_MS = 20;
/**
 * Terminating a thread while it loads a module of the runtime kills the whole process: Deno panics
 * (denoland/deno#35657). So the thread is asked to close itself between two turns of its event loop, and is terminated
 * only if it has not closed after this long.
 */
const CLOSING_MS = 500;
/**
 * The error that ended a thread travels on another channel, with `exit` right behind it, and may arrive after the end.
 * On a busy machine 100 ms were not enough, and the reason was lost. If the host fails, its threads get their `exit`
 * too.
 */
const EXIT_MS = 5_000;

export function startChild<Message extends ToThread, Start>(
  options: ChildOptions<Start>,
): Child<Message> {
  return new ThreadChild<Message, Start>(options);
}

class ThreadChild<Message extends ToThread, Start> implements Child<Message> {
  readonly #options: ChildOptions<Start>;
  /** Null until its turn to start comes. */
  #thread: HostedThread | null = null;
  #endTurn = () => {};
  #startDeadline: ReturnType<typeof setTimeout> | undefined;
  #outbox: Message[] = [];
  #sendTimer: ReturnType<typeof setTimeout> | undefined;
  #closingTimer: ReturnType<typeof setTimeout> | undefined;
  #exitTimer: ReturnType<typeof setTimeout> | undefined;
  #why: string | null = null;
  #isHeard = true;
  /** The worker has emitted `exit`. */
  #hasExited = false;
  /** The thread's end of the channel is closed. */
  #hasEnded = false;
  #isOver = false;

  constructor(options: ChildOptions<Start>) {
    this.#options = options;
    if (options.turns === undefined) this.#start();
    else this.#endTurn = options.turns.take(() => this.#start());
  }

  #start(): void {
    const options = this.#options;
    const { url, name, keepsSpare = false, memoryMb, startMs = START_MS } = options;
    this.#startDeadline = setTimeout(() => options.onUnusable("It did not start in time"), startMs);
    this.#thread = options.threads.start({
      ...{ url, name, keepsSpare },
      ...(memoryMb === undefined ? {} : { memoryMb }),
      onError: (error) => this.#failed(error),
      onExit: () => this.#exited(),
    });
    const { port } = this.#thread;
    port.postMessage(options.start);
    port.on("message", (data) => this.#hear(data));
    port.on("close", () => this.#closed());
    this.#send();
  }

  post(message: Message, { withNext = false } = {}): void {
    // An outcome may be stored after its thread has ended.
    if (this.#isOver) return;
    if (this.#thread === null && message.type === CLOSE.type) return this.end(NO_START);
    this.#outbox.push(message);
    if (withNext) this.#sendTimer ??= setTimeout(() => this.#send(), BATCH_MS);
    else this.#send();
  }

  end(reason: string, { atOnce = false } = {}): void {
    if (this.#isOver) return;
    this.#why ??= reason;
    this.#endTurn();
    if (this.#thread === null) return queueMicrotask(() => this.#finish());
    const { port, terminate } = this.#thread;
    clearTimeout(this.#startDeadline);
    clearTimeout(this.#closingTimer);
    port.postMessage(writeMessages([CLOSE]));
    this.#closingTimer = setTimeout(terminate, atOnce ? 0 : CLOSING_MS);
  }

  #send(): void {
    clearTimeout(this.#sendTimer);
    this.#sendTimer = undefined;
    if (this.#isOver || this.#thread === null || this.#outbox.length === 0) return;
    const messages = this.#outbox;
    this.#outbox = [];
    this.#thread.port.postMessage(writeMessages(messages));
  }

  #hear(data: unknown): void {
    if (!this.#isHeard) return;
    const message = readMessage(data);
    if (message === null) return this.#options.onUnusable("It sent an unknown message");
    if (message.type === "ready") this.#started();
    this.#options.onMessage(message);
  }

  #started(): void {
    clearTimeout(this.#startDeadline);
    this.#endTurn();
    this.#options.onReady?.();
  }

  #failed(error: ThreadError): void {
    this.#why ??= reasonOf(error, this.#options.memoryMb);
    if (this.#hasEnded) this.#finish();
  }

  /**
   * The thread has ended, or was told to. What it reported until now counts. What it reports while it is being ended
   * does not, because the runtime then fails whatever was in progress, such as loading a module.
   */
  #exited(): void {
    const port = this.#thread?.port;
    if (port === undefined) return;
    for (let last = receiveMessageOnPort(port); last !== undefined; last = receiveMessageOnPort(port)) {
      this.#hear(last.message);
    }
    this.#isHeard = false;
    this.#hasExited = true;
    if (this.#hasEnded) this.#finish();
  }

  #closed(): void {
    this.#hasEnded = true;
    if (this.#why !== null || this.#hasExited) this.#finish();
    else this.#exitTimer = setTimeout(() => this.#finish(), EXIT_MS);
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of [this.#startDeadline, this.#sendTimer, this.#closingTimer, this.#exitTimer]) {
      clearTimeout(timer);
    }
    this.#endTurn();
    this.#thread?.port.close();
    this.#thread?.terminate();
    this.#options.onEnd(this.#why ?? NO_REASON);
  }
}

function reasonOf({ code, message }: ThreadError, memoryMb: number | undefined): string {
  if (code === "ERR_WORKER_OUT_OF_MEMORY" && memoryMb !== undefined) return ranOutOfMemory(memoryMb);
  return message || "It failed with an error";
}
