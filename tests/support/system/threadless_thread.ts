/** A consumer without a thread: the real loop, whose messages take one turn of the event loop each way. */
import type { Child, LifeEvents } from "../../../workers/child.ts";
import { ThreadState } from "../../../workers/dispatch/thread_state.ts";
import { Tickets } from "../../../workers/dispatch/tickets.ts";
import type { Handlers } from "../../../workers/handlers.ts";
import {
  type FromThread,
  readMessage,
  type StartConsumer,
  type ToConsumer,
} from "../../../workers/protocol.ts";
import { writeMessage } from "../../../workers/thread/runtime.ts";
import { ConsumerLoop } from "../../../workers/thread/consumer_loop.ts";
import { SILENT_LOG } from "./silent_log.ts";

export interface ThreadlessOptions extends Pick<LifeEvents, "onEnd"> {
  readonly start: StartConsumer;
  readonly handlers: Handlers;
  readonly onMessage: (message: FromThread) => void;
  /** Called with the reason when the supervisor gives up on it. */
  readonly onGivenUp: (why: string) => void;
}

export class ThreadlessThread implements Child<ToConsumer> {
  readonly #options: ThreadlessOptions;
  readonly #loop: ConsumerLoop;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #hasEnded = false;

  constructor(options: ThreadlessOptions) {
    const { start, handlers } = options;
    this.#options = options;
    this.#loop = new ConsumerLoop({
      ...{
        start,
        handlers,
        log: SILENT_LOG,
        tickets: new Tickets(start.tickets),
        state: new ThreadState(start.state),
      },
      clock: {
        now: () => performance.now(),
        wallNow: () => Date.now(),
        after: (ms, work) => this.#after(ms, work),
      },
      // The guards of a real thread change the process that they run in.
      guards: {
        owners: { run: (attempt, work) => work(attempt) },
        tidiness: { beforeJob: () => {}, adopt: () => [], afterJob: () => {} },
        memory: {
          look: () => ({ takenMb: 0, problem: null }),
          countJob: () => {},
          collect: () => {},
          rest: () => {},
        },
      },
      tell: (message) => this.#tell(writeMessage(message)),
      close: () => this.#end("It was closed"),
      hang: () => this.#end("It hangs"),
    });
    this.#after(0, () => void this.#loop.run());
  }

  post(message: ToConsumer): void {
    this.#after(0, () => this.#loop.receive([message]));
  }

  end(why: string): void {
    if (this.#hasEnded) return;
    this.#options.onGivenUp(why);
    this.#after(0, () => this.#end(why));
  }

  #tell(text: string): void {
    const message = readMessage(text);
    if (message === null) throw new TypeError(`This is no message of a thread: ${text}`);
    this.#after(0, () => this.#options.onMessage(message));
  }

  /** No part of it runs once it has ended. */
  #after(ms: number, work: () => void): () => void {
    if (this.#hasEnded) return () => {};
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.#timers.delete(timer);
    };
  }

  #end(why: string): void {
    this.#hasEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#options.onEnd(why);
  }
}
