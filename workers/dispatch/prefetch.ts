import type { Outcome } from "@persistent-queue/queue";
import { MOST_IN_FLIGHT } from "../protocol.ts";

const SHORT_MS = 3;
const FILL_MS = 20;
const WEIGHT = 0.3;
/**
 * The most text in flight at one consumer, in characters: payloads on their way to it, or results on their way to the
 * store. With less, a consumer may be given another claim of a few megabytes.
 */
export const MOST_CHARS = 4 * 1024 * 1024;

/** How many characters an outcome holds: wherever it waits on its way to the store, it takes that much memory. */
export function charsOf(outcome: Outcome): number {
  if (outcome.type === "returned") return outcome.result?.length ?? 0;
  const error = "error" in outcome ? outcome.error.length : 0;
  const report = "report" in outcome ? outcome.report : undefined;
  return error + (report?.detail?.length ?? 0) + (report?.log?.length ?? 0);
}

/**
 * How many jobs a consumer may have in flight: earned, not configured. A message between threads costs more than a tiny
 * job, so tiny jobs travel together. A consumer starts with one job at a time, and gets more only while its recent jobs
 * prove short, so that a slow job never holds up others, and while their results together take little memory.
 */
export class Prefetch {
  #meanMs = Infinity;
  #meanChars = 0;

  /** `count` jobs took `busyMs` in total, and their outcomes hold so many characters. */
  observe(count: number, { busyMs, chars }: { readonly busyMs: number; readonly chars: number }): void {
    if (count === 0) return;
    const ms = busyMs / count;
    // The same weight as if each of them had been observed separately.
    const weight = 1 - (1 - WEIGHT) ** count;
    this.#meanMs = Number.isFinite(this.#meanMs) ? this.#meanMs + (ms - this.#meanMs) * weight : ms;
    // The memory of large results is gone before a mean has followed them.
    const mean = chars / count;
    this.#meanChars = Math.max(mean, this.#meanChars + (mean - this.#meanChars) * weight);
  }

  /** A job takes long, so all trust is lost at once. */
  reset(): void {
    this.#meanMs = Infinity;
  }

  get limit(): number {
    if (this.#meanMs > SHORT_MS) return 1;
    const byTime = Math.min(MOST_IN_FLIGHT, Math.floor(FILL_MS / Math.max(this.#meanMs, 0.001)));
    return Math.max(1, Math.min(byTime, Math.floor(MOST_CHARS / Math.max(this.#meanChars, 1))));
  }
}
