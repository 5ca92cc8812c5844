/**
 * One thread and its end. Only this file knows that it is a Web Worker.
 *
 * A worker that closes itself or runs out of work tells nobody. So each thread takes a Web Lock for life, and the
 * supervisor queues up for that lock: it is granted when, and only when, the thread has truly ended.
 */
import { messageOf } from "@persistent-queue/queue";
import { whenReleased } from "./thread/life_lock.ts";
import { type FromThread, readMessage } from "./protocol.ts";

export interface ChildOptions<Start> {
  readonly url: URL;
  readonly name: string;
  readonly start: Start & { readonly lifeLock: string };
  readonly onMessage: (message: FromThread) => void;
  /** Told once, with a sentence that says why. */
  readonly onEnd: (why: string) => void;
  /** A thread that is not ready by then has failed to start, in milliseconds. */
  readonly startMs?: number;
}

export interface Child<Message> {
  /** At once; or `withNext`, if that follows within some milliseconds: each posting costs some 80 µs. */
  post(message: Message, when?: { readonly withNext?: boolean }): void;
  /** Ends the thread if that is possible: a thread that spins cannot be ended. `onEnd` tells. */
  end(why: string): void;
}

const START_MS = 15_000;
/** At full speed the next jobs come with the next transaction. */
const NEXT_MS = 20;

export function startChild<Message, Start extends Message>(options: ChildOptions<Start>): Child<Message> {
  const worker = new Worker(options.url, { type: "module", name: options.name });
  const watch = new AbortController();
  let why: string | null = null;
  let alive = false;
  let over = false;

  const startDeadline = setTimeout(() => end("It did not start in time"), options.startMs ?? START_MS);

  function finish(): void {
    if (over) return;
    over = true;
    clearTimeout(startDeadline);
    clearTimeout(sending);
    watch.abort();
    worker.terminate();
    options.onEnd(why ?? "It ended without a word");
  }

  /** The lock is ours once the thread is gone. */
  function watchLife(): void {
    whenReleased(options.start.lifeLock, { signal: watch.signal, onReleased: finish });
  }

  function end(reason: string): void {
    why ??= reason;
    worker.terminate();
    // Before it is alive there is no lock to wait for.
    if (!alive) finish();
  }

  worker.onmessage = ({ data }) => {
    const message = readMessage(data);
    if (over) return;
    if (message === null) return end("It sent a message that is not one of ours");
    if (message.type === "alive") {
      alive = true;
      watchLife();
      return;
    }
    if (message.type === "ready") clearTimeout(startDeadline);
    options.onMessage(message);
  };
  worker.onmessageerror = () => end("It sent a message that cannot be read");
  worker.onerror = (event) => {
    // Unhandled it would end the supervisor as well.
    event.preventDefault();
    why ??= event.message || "It failed with an error";
    if (!alive) finish();
  };
  let outbox: Message[] = [];
  let sending: ReturnType<typeof setTimeout> | undefined;

  function send(): void {
    clearTimeout(sending);
    sending = undefined;
    if (over || outbox.length === 0) return;
    const messages = outbox;
    outbox = [];
    try {
      worker.postMessage(messages);
    } catch (error) {
      end(`It cannot be reached: ${messageOf(error)}`);
    }
  }

  function post(message: Message, { withNext = false } = {}): void {
    outbox.push(message);
    if (withNext) sending ??= setTimeout(send, NEXT_MS);
    else send();
  }

  post(options.start);
  return { post, end };
}
