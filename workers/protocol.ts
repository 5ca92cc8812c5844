/**
 * Everything that crosses between the supervisor and its threads, and nothing else. To a thread messages travel in lists:
 * what can wait for the next message is posted with it.
 */
import type { Outcome } from "@persistent-queue/queue";
import type { LogLevel } from "./config.ts";

/** What every thread is told first. */
export interface StartMessage {
  readonly type: "start";
  /** The Web Lock that the thread holds for life. */
  readonly lifeLock: string;
  readonly log: { readonly dir: string; readonly level: LogLevel; readonly name: string };
  readonly filesDir: string;
}

export interface StartConsumer extends StartMessage {
  readonly consumerId: string;
  readonly tickets: SharedArrayBuffer;
  /** The folder of the handlers, as a URL. */
  readonly handlers: string;
  readonly heartbeatMs: number;
  readonly workMs: number;
  readonly startDir: string;
}

export interface StartProducer extends StartMessage {
  readonly intervalMs: number;
  /** What the ids of its jobs begin with: FILES_DIR as it was given. */
  readonly filesPrefix: string;
}

/** A job on its way to a thread. */
export interface JobMessage {
  readonly ticket: number;
  readonly seq: number;
  readonly lease: number;
  readonly id: string;
  readonly kind: string;
  readonly payload: string;
  /** From 1. */
  readonly attempt: number;
}

export type CancelReason = "canceled" | "lost" | "stopping";

export type ToConsumer =
  | StartConsumer
  /** `soon`: before all that waits in the thread, because its time has come. */
  | { readonly type: "jobs"; readonly jobs: readonly JobMessage[]; readonly soon: boolean }
  /** These endings are durable; the tickets may be used again. */
  | { readonly type: "settled"; readonly completed: readonly number[]; readonly others: readonly number[] }
  | { readonly type: "cancel"; readonly ticket: number; readonly reason: CancelReason }
  /** A line for the consumer's own log, about one of its jobs. */
  | { readonly type: "note"; readonly level: "info" | "warn"; readonly text: string }
  | { readonly type: "provoke"; readonly how: "crash" | "hang" }
  /** Write the log to its end, then close. */
  | { readonly type: "close" };

export interface Result {
  readonly ticket: number;
  readonly outcome: Outcome;
}

export type FromThread =
  /** The life lock is held: from here on the end of the thread is noticed. */
  | { readonly type: "alive" }
  | { readonly type: "ready" }
  | { readonly type: "beat" }
  /** `busyMs`: how long the handlers took, all together. */
  | { readonly type: "results"; readonly results: readonly Result[]; readonly busyMs: number }
  /** A handler ignored the end of its time: the thread is to be replaced. */
  | { readonly type: "unusable"; readonly why: string }
  /** The producer's: files that want a job each. */
  | { readonly type: "add"; readonly ids: readonly string[] };

export type ToProducer =
  | StartProducer
  | { readonly type: "added"; readonly ids: readonly string[] }
  | { readonly type: "refused"; readonly error: string }
  | { readonly type: "close" };

const OUTCOMES: readonly string[] = [
  "returned",
  "threw",
  "gave-up",
  "timed-out",
  "retry-later",
] satisfies Outcome["type"][];

/** Handlers share their thread's channel, so what arrives is checked. Null = not one of our messages. */
export function readMessage(data: unknown): FromThread | null {
  if (!isRecord(data)) return null;
  switch (data.type) {
    case "alive":
    case "ready":
    case "beat":
      return { type: data.type };
    case "results": {
      const { results, busyMs } = data;
      if (!Array.isArray(results) || !results.every(isResult)) return null;
      // What is not a number would be no reason ever to give it work again.
      return Number.isFinite(busyMs) ? { type: "results", results, busyMs: Number(busyMs) } : null;
    }
    case "unusable":
      return typeof data.why === "string" ? { type: "unusable", why: data.why } : null;
    case "add":
      return Array.isArray(data.ids) && data.ids.every((id) => typeof id === "string")
        ? { type: "add", ids: data.ids }
        : null;
    default:
      return null;
  }
}

function isResult(value: unknown): value is Result {
  if (!isRecord(value) || !Number.isSafeInteger(value.ticket) || !isRecord(value.outcome)) return false;
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
