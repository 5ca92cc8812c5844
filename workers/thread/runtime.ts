/**
 * The parts of the runtime that a thread's own code uses, captured before a handler can replace them: its clock, so
 * that a fake-timer library does not stop the heartbeat; its channel to the supervisor, so that no handler can post in
 * the thread's name or listen in its place; and the lock without which the thread could not be ended.
 */
import { workerData } from "node:worker_threads";
import type { AttemptReport, Outcome } from "@persistent-queue/queue";
import { type FromThread, readMessages, type Result, type ToThread } from "../protocol.ts";

/** Bound, because calling it by `call` would depend on what a handler can replace. */
const now = performance.now.bind(performance);
const { setTimeout, clearTimeout, setImmediate } = globalThis;
const { defineProperty } = Reflect;
const { stringify } = JSON;
const { hasOwn } = Object;
const { round } = Math;

export interface Clock {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Milliseconds since 1970. */
  readonly wallNow: () => number;
  /** Calls back after `ms`, unless the returned function is called first. */
  readonly after: (ms: number, work: () => void) => () => void;
}

export const clock: Clock = {
  now,
  wallNow: Date.now,
  after: (ms, work) => {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs `work` once everything that follows from the current turn is done. */
export const afterwards: (work: () => void) => void = (work) => void setImmediate(work);

// Lists ------------------------------------------------------------------------------------------------------

/** Without a prototype, because a handler may give all objects a `get`. */
const ELEMENT: PropertyDescriptor = {
  __proto__: null,
  writable: true,
  enumerable: true,
  configurable: true,
} as
  & PropertyDescriptor
  & { readonly __proto__: null };

/** Adds a value to a list even if a handler has replaced the array methods, or has given all arrays a setter for an index. */
export function append<Value>(list: Value[], value: Value): void {
  const { length } = list;
  try {
    list[length] = value;
  } catch {
    // The setter, or the unchangeable element, that a handler has given all arrays.
  }
  if (list.length > length) return;
  // Takes much longer: 0.2 µs.
  ELEMENT.value = value;
  defineProperty(list, length, ELEMENT);
  ELEMENT.value = undefined;
}

// The channel --------------------------------------------------------------------------------------------------

interface Port {
  /** Without a list of what to transfer: an empty one is read by the iterator of arrays, which a handler may replace. */
  postMessage(message: string, transfer: null): void;
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
    tell: (message) => post(writeMessage(message), null),
    listen: (onMessages) => {
      hear = (text) => onMessages(readMessages(text) as Message[]);
      for (const text of early.splice(0)) hear(text);
    },
  };
}

// Messages as text ---------------------------------------------------------------------------------------------
// What a handler has changed may be beyond repair: the methods of arrays, a setter for their first element, `toJSON`
// of all objects. Its report leaves the thread nevertheless, because the JSON of a single text or number depends on
// nothing that a handler can change.

/** Most handlers return nothing: of those only the ticket is sent, and how many microseconds they ran. */
export function writeMessage(message: FromThread): string {
  switch (message.type) {
    case "results":
      return writeResults(message.results);
    case "unusable":
      return `{"type":"unusable","why":${quoted(message.why)},"guilty":${message.guilty}}`;
    case "leftover":
    case "warning":
      return `{"type":"${message.type}","text":${quoted(message.text)}}`;
    case "told":
      return `{"type":"told","ticket":${message.ticket}}`;
    case "loading":
      return `{"type":"loading","kind":${quoted(message.kind)}}`;
    case "loaded":
      return `{"type":"loaded","kind":${quoted(message.kind)},"problem":${quotedOrNull(message.problem)}}`;
    case "add":
      return stringify(message);
    default:
      return `{"type":"${message.type}"}`;
  }
}

function writeResults(all: readonly Result[]): string {
  let returned = "";
  let results = "";
  for (let i = 0; i < all.length; i++) {
    const { ticket, outcome, ranMs } = all[i] as Result;
    const ms = ranMs === null ? null : ranMs >= 0 && ranMs < Infinity ? ranMs : 0;
    if (outcome.type === "returned" && outcome.result === null && ms !== null) {
      returned += `${returned === "" ? "" : ","}${ticket},${round(ms * 1000)}`;
    } else {
      const result = `{"ticket":${ticket},"ranMs":${ms},"outcome":${writeOutcome(outcome)}}`;
      results += results === "" ? result : `,${result}`;
    }
  }
  return `{"type":"results","results":[${results}],"returned":[${returned}]}`;
}

function writeOutcome(outcome: Outcome): string {
  if (outcome.type === "returned") return `{"type":"returned","result":${quotedOrNull(outcome.result)}}`;
  // A thread reports no others.
  if (!("error" in outcome)) return stringify(outcome);
  const delay = outcome.type === "retry-later" ? `,"delayMs":${outcome.delayMs}` : "";
  return `{"type":"${outcome.type}","error":${quoted(outcome.error)}${delay}${writeReport(outcome)}}`;
}

function writeReport(outcome: { readonly report?: AttemptReport }): string {
  const report = hasOwn(outcome, "report") ? outcome.report : undefined;
  if (report === undefined) return "";
  const { ranMs, detail, log } = report;
  const ms = ranMs >= 0 && ranMs < Infinity ? ranMs : 0;
  return `,"report":{"ranMs":${ms},"detail":${quotedOrNull(detail)},"log":${quotedOrNull(log)}}`;
}

/** What should be a text is none if a handler has replaced the methods that made it. */
function quoted(text: unknown): string {
  return typeof text === "string" ? stringify(text) : '"(no text)"';
}

function quotedOrNull(text: unknown): string {
  return typeof text === "string" ? stringify(text) : "null";
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
