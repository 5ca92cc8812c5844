/**
 * One thread and its end. Only this file knows how a thread is started.
 *
 * It is a Web Worker that `node:worker_threads` starts: in Deno those have memory limits and truly end when they are
 * terminated, whatever they compute. A worker that closes itself tells its parent nothing. So each thread takes a Web
 * Lock for life, and the supervisor queues up for that lock: it is granted when, and only when, the thread has ended.
 *
 * Messages travel as JSON text on a channel of their own, which no handler can reach: 128 jobs as one text cost half of
 * what they cost as objects.
 */
import { MessageChannel, receiveMessageOnPort, Worker } from "node:worker_threads";
import { messageOf } from "@persistent-queue/queue";
import { whenReleased } from "./thread/life_lock.ts";
import { type FromThread, readMessage } from "./protocol.ts";
import { ranOutOfMemory } from "./thread/memory.ts";

export interface ChildOptions<Start> {
  readonly url: URL;
  readonly name: string;
  readonly start: Start & { readonly lifeLock: string };
  /** What its heap may hold, in megabytes; a thread that needs more ends. As much as V8 likes unless given. */
  readonly memoryMb?: number;
  readonly onMessage: (message: FromThread) => void;
  /** Told once, with a sentence that says why. */
  readonly onEnd: (why: string) => void;
  /** A thread that is not ready by then has failed to start, in milliseconds. */
  readonly startMs?: number;
}

export interface Child<Message> {
  /** At once; or `withNext`, if that follows within some milliseconds: each posting costs some 80 µs. */
  post(message: Message, when?: { readonly withNext?: boolean }): void;
  /** Ends the thread, unless it is inside a native call that never returns. `onEnd` tells. */
  end(why: string): void;
}

const START_MS = 15_000;
/** At full speed the next jobs come with the next transaction. */
const NEXT_MS = 20;

export function startChild<Message, Start>(options: ChildOptions<Start>): Child<Message> {
  const { port1: port, port2: portOfThread } = new MessageChannel();
  const thread = new Worker(options.url, {
    name: options.name,
    workerData: { port: portOfThread, start: options.start },
    transferList: [portOfThread],
    ...(options.memoryMb === undefined
      ? {}
      : { resourceLimits: { maxOldGenerationSizeMb: options.memoryMb } }),
  });
  const watch = new AbortController();
  let why: string | null = null;
  let alive = false;
  let over = false;

  const startDeadline = setTimeout(() => end("It did not start in time"), options.startMs ?? START_MS);

  function finish(): void {
    if (over) return;
    // What it said last may still be on its way.
    for (let last = receiveMessageOnPort(port); last !== undefined; last = receiveMessageOnPort(port)) {
      hear(last.message);
    }
    over = true;
    clearTimeout(startDeadline);
    clearTimeout(sending);
    watch.abort();
    port.close();
    thread.terminate();
    options.onEnd(why ?? "It ended without a word");
  }

  /** The lock is ours once the thread is gone. */
  function watchLife(): void {
    whenReleased(options.start.lifeLock, { signal: watch.signal, onReleased: finish });
  }

  function end(reason: string): void {
    why ??= reason;
    thread.terminate();
    // Before it is alive there is no lock to wait for.
    if (!alive) finish();
  }

  function hear(data: unknown): void {
    if (over) return;
    const message = readMessage(data);
    if (message === null) return end("It sent a message that is not one of ours");
    if (message.type === "alive") {
      alive = true;
      watchLife();
      return;
    }
    if (message.type === "ready") clearTimeout(startDeadline);
    options.onMessage(message);
  }

  port.on("message", hear);
  thread.on("error", (error) => {
    why ??= reasonOf(error, options.memoryMb);
    if (!alive) finish();
  });
  thread.on("exit", () => {
    if (!alive) finish();
  });
  let outbox: Message[] = [];
  let sending: ReturnType<typeof setTimeout> | undefined;

  function send(): void {
    clearTimeout(sending);
    sending = undefined;
    if (over || outbox.length === 0) return;
    const messages = outbox;
    outbox = [];
    port.postMessage(JSON.stringify(messages));
  }

  function post(message: Message, { withNext = false } = {}): void {
    outbox.push(message);
    if (withNext) sending ??= setTimeout(send, NEXT_MS);
    else send();
  }

  return { post, end };
}

function reasonOf(error: unknown, memoryMb: number | undefined): string {
  const { code } = error as { readonly code?: unknown };
  if (code === "ERR_WORKER_OUT_OF_MEMORY" && memoryMb !== undefined) return ranOutOfMemory(memoryMb);
  return messageOf(error) || "It failed with an error";
}
