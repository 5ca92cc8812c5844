/**
 * The parts of the runtime that a thread's own code uses, captured before a handler can replace them: its clock, so
 * that a fake-timer library does not stop the heartbeat; its channel to the supervisor, so that no handler can post in
 * the thread's name or listen in its place; and the lock without which the thread could not be ended.
 */
import { workerData } from "node:worker_threads";
import { type FromThread, readMessages, type ToThread, writeMessage } from "../protocol.ts";

const { now } = performance;
const { setTimeout, clearTimeout, setImmediate } = globalThis;

export interface Clock {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Calls back after `ms`, unless the returned function is called first. */
  readonly after: (ms: number, work: () => void) => () => void;
}

export const clock: Clock = {
  now: () => now.call(performance),
  wallNow: Date.now,
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs `work` once everything that follows from the current turn is done. */
export const afterwards: (work: () => void) => void = (work) => void setImmediate(work);

// The channel --------------------------------------------------------------------------------------------------

interface Port {
  postMessage(message: string): void;
  on(event: "message", listener: (message: unknown) => void): void;
}

interface Channel<Start, Message> {
  readonly start: Start;
  tell(message: FromThread): void;
  listen(onMessages: (messages: readonly Message[]) => void): void;
}

/**
 * Opens the thread's end of its channel. Called once per thread. Resolves when the thread is told its role: a spare
 * thread waits here until it is needed. The port is removed from `workerData`, where a handler would find it.
 */
export async function openChannel<Start, Message extends ToThread>(): Promise<Channel<Start, Message>> {
  const { port } = workerData as { readonly port: Port };
  for (const name of Object.keys(workerData)) Reflect.deleteProperty(workerData, name);
  const post = port.postMessage.bind(port);
  const early: string[] = [];
  let hear = (text: string): void => void early.push(text);
  const start = await new Promise<Start>((resolve) => {
    let isFirst = true;
    port.on("message", (message) => {
      if (!isFirst) return hear(message as string);
      isFirst = false;
      resolve(message as Start);
    });
  });
  return {
    start,
    tell: (message) => post(writeMessage(message)),
    listen: (onMessages) => {
      hear = (text) => onMessages(readMessages(text) as Message[]);
      for (const text of early.splice(0)) hear(text);
    },
  };
}

// The lock -----------------------------------------------------------------------------------------------------

interface LockManager {
  request<T>(name: string, work: () => T | Promise<T>): Promise<T>;
}

// Deno's type libraries lack Web Locks, and name the navigator differently in threads.
const { locks } = globalThis.navigator as unknown as { readonly locks: LockManager };

/**
 * The first act of a thread is to take a Web Lock that it holds until its end. Measured: without one, `for (;;)` goes
 * on after `terminate()`; with one, it is gone within milliseconds. https://w3c.github.io/web-locks/
 */
export function holdLivenessLock(): Promise<void> {
  return new Promise((resolve, reject) => {
    locks.request(`life of ${crypto.randomUUID()}`, () => {
      resolve();
      return new Promise<never>(() => {});
    }).catch(reject);
  });
}
