/**
 * Everything that crosses between the supervisor and its threads. It travels as JSON.
 * Messages to a thread travel in lists: one that can wait is posted with the next.
 */
import type { Outcome } from "@persistent-queue/queue";
import type { LogLevel } from "./log_file.ts";

/** The most jobs in flight at one consumer, and results in one of its messages. */
export const MAX_IN_FLIGHT = 512;

/** What every thread gets at its start. */
interface StartOfThread {
  readonly log: { readonly dir: string; readonly level: LogLevel; readonly name: string };
  readonly filesDir: string;
}

export interface StartConsumer extends StartOfThread {
  readonly consumerId: string;
  readonly tickets: SharedArrayBuffer;
  readonly state: SharedArrayBuffer;
  /** The folder of the handlers, as a URL. */
  readonly handlers: string;
  readonly heartbeatMs: number;
  readonly workMs: number;
  readonly startDir: string;
  /** Other hosts may work on the queue too. */
  readonly severalHosts: boolean;
  readonly memoryMb: number;
}

export interface StartProducer extends StartOfThread {
  readonly intervalMs: number;
  /** The prefix of its jobs' ids: FILES_DIR as given in the settings. */
  readonly filesPrefix: string;
}

/** The thread that checks the handlers has no log and no jobs. */
export interface StartProbe {
  /** The folder of the handlers, as a URL. */
  readonly handlers: string;
  readonly kinds: readonly string[];
  readonly heartbeatMs: number;
  readonly memoryMb: number;
}

/** A job on its way to a thread. */
export interface JobMessage {
  readonly ticket: number;
  readonly seq: number;
  readonly lease: number;
  readonly id: string;
  readonly kind: string;
  readonly payload: string;
  /** Starts at 1. */
  readonly attempt: number;
}

export type CancelReason = "canceled" | "lost" | "stopping";

/** To any thread: it flushes its log, then closes. */
export interface Close {
  readonly type: "close";
}

export type ToConsumer =
  /** `soon`: ahead of all jobs that wait in the thread, because these are retries that are due. */
  | { readonly type: "jobs"; readonly jobs: readonly JobMessage[]; readonly soon: boolean }
  /** These outcomes are durable; the tickets may be reused. */
  | { readonly type: "settled"; readonly completed: readonly number[]; readonly others: readonly number[] }
  | { readonly type: "cancel"; readonly ticket: number; readonly reason: CancelReason }
  /** A line for the consumer's own log, about one of its jobs. */
  | { readonly type: "note"; readonly level: "info" | "warn"; readonly text: string }
  | { readonly type: "fault"; readonly how: "crash" | "hang" }
  | Close;

export interface Result {
  readonly ticket: number;
  readonly outcome: Outcome;
  /** How long the handler ran, in milliseconds; null if it was not called. */
  readonly ranMs: number | null;
}

export type FromThread =
  | { readonly type: "ready" }
  | { readonly type: "beat" }
  | { readonly type: "results"; readonly results: readonly Result[] }
  /** The thread has received the cancel of this job. */
  | { readonly type: "told"; readonly ticket: number }
  /** The thread must be replaced. `guilty`: the job to blame; null = none of its jobs. */
  | { readonly type: "unusable"; readonly why: string; readonly guilty: number | null }
  /** Code that runs now was left behind by a job that has ended: `text` names it. */
  | { readonly type: "leftover"; readonly text: string }
  /** For the system's log: a job did something that may harm other jobs. */
  | { readonly type: "warning"; readonly text: string }
  /** From the probe, and the second from a consumer if there is a problem: loading a handler begins, or has ended. */
  | { readonly type: "loading"; readonly kind: string }
  | { readonly type: "loaded"; readonly kind: string; readonly problem: string | null }
  /** From the probe: it has begun to load all of them. */
  | { readonly type: "tried" }
  /** From the producer: files that each need a job. */
  | { readonly type: "add"; readonly ids: readonly string[] };

export type ToProducer =
  | { readonly type: "added"; readonly ids: readonly string[] }
  | { readonly type: "refused"; readonly error: string }
  | Close;

export type ToThread = ToConsumer | ToProducer;

const OUTCOMES: readonly string[] = [
  "returned",
  "threw",
  "gave-up",
  "timed-out",
  "retry-later",
] satisfies Outcome["type"][];

// As text ------------------------------------------------------------------------------------------------------

/** Captured before a handler can change them. */
const { parse, stringify } = JSON;

/** Property names would double the cost of reading jobs that take microseconds. */
type PackedJob = readonly [
  ...readonly [ticket: number, seq: number, lease: number],
  ...readonly [id: string, kind: string, payload: string, attempt: number],
];

type Packed =
  | Exclude<ToThread, { type: "jobs" }>
  | { readonly type: "jobs"; readonly jobs: readonly PackedJob[]; readonly soon: boolean };

/** Called by the supervisor. */
export function writeMessages(messages: readonly ToThread[]): string {
  return stringify(messages.map((message): Packed => {
    if (message.type !== "jobs") return message;
    const jobs = message.jobs.map((
      { ticket, seq, lease, id, kind, payload, attempt },
    ): PackedJob => [ticket, seq, lease, id, kind, payload, attempt]);
    return { ...message, jobs };
  }));
}

/** Called in a thread, on what `writeMessages` wrote. Uses no array methods: a running job may have replaced them. */
export function readMessages(text: string): ToThread[] {
  const messages: Packed[] = parse(text);
  const read: ToThread[] = [];
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i] as Packed;
    read[i] = message.type === "jobs" ? { ...message, jobs: unpacked(message.jobs) } : message;
  }
  return read;
}

function unpacked(packed: readonly PackedJob[]): JobMessage[] {
  const jobs: JobMessage[] = [];
  for (let i = 0; i < packed.length; i++) {
    const { 0: ticket, 1: seq, 2: lease, 3: id, 4: kind, 5: payload, 6: attempt } = packed[i] as PackedJob;
    jobs[i] = { ticket, seq, lease, id, kind, payload, attempt };
  }
  return jobs;
}

const RETURNED_NOTHING: Outcome = { type: "returned", result: null };

/** Reads what a thread sent, see `thread/runtime.ts`. It runs foreign code, so this is checked. Null: not a message of this protocol. */
export function readMessage(text: unknown): FromThread | null {
  const data = parsed(text);
  if (!isRecord(data)) return null;
  switch (data.type) {
    case "ready":
    case "beat":
    case "tried":
      return { type: data.type };
    case "results": {
      const { results, returned } = data;
      if (!Array.isArray(results) || !Array.isArray(returned)) return null;
      for (let i = 0; i < returned.length; i += 2) {
        results.push({ ticket: returned[i], outcome: RETURNED_NOTHING, ranMs: returned[i + 1] / 1000 });
      }
      return results.every(isResult) ? { type: "results", results } : null;
    }
    case "told":
      return Number.isSafeInteger(data.ticket) ? { type: "told", ticket: Number(data.ticket) } : null;
    case "unusable": {
      const { why, guilty } = data;
      if (typeof why !== "string" || !(guilty === null || Number.isSafeInteger(guilty))) return null;
      return { type: "unusable", why, guilty: guilty === null ? null : Number(guilty) };
    }
    case "leftover":
    case "warning":
      return typeof data.text === "string" ? { type: data.type, text: data.text } : null;
    case "loading":
      return typeof data.kind === "string" ? { type: "loading", kind: data.kind } : null;
    case "loaded": {
      const { kind, problem } = data;
      if (typeof kind !== "string" || !(problem === null || typeof problem === "string")) return null;
      return { type: "loaded", kind, problem };
    }
    case "add":
      return Array.isArray(data.ids) && data.ids.every((id) => typeof id === "string")
        ? { type: "add", ids: data.ids }
        : null;
    default:
      return null;
  }
}

function parsed(text: unknown): unknown {
  try {
    return parse(String(text));
  } catch {
    return null;
  }
}

function isResult(value: unknown): value is Result {
  if (!isRecord(value) || !Number.isSafeInteger(value.ticket) || !isRecord(value.outcome)) return false;
  // Another value would keep the consumer from ever getting work again.
  if (!(value.ranMs === null || Number.isFinite(value.ranMs) && Number(value.ranMs) >= 0)) return false;
  const { type, result, error, delayMs } = value.outcome;
  if (typeof type !== "string" || !OUTCOMES.includes(type)) return false;
  if (type === "returned") return result === null || typeof result === "string";
  if (type === "retry-later" && !(Number.isFinite(delayMs) && Number(delayMs) >= 0)) return false;
  return typeof error === "string" && (value.outcome.report === undefined || isReport(value.outcome.report));
}

function isReport(value: unknown): boolean {
  if (!isRecord(value) || !Number.isSafeInteger(value.ranMs)) return false;
  return [value.detail, value.log].every((text) => text === null || typeof text === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
