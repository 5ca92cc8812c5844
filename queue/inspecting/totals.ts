/** Totals since this process began, by kind of job: numbers that only grow. */
import type { QueueEvent, Reaped } from "../events.ts";
import { isFinished } from "../job.ts";
import type { KindTotals, QueueStats } from "../roles.ts";
import type { Settled } from "../consuming/consuming.ts";
import type { Claimed, Ending } from "../store.ts";

type Counts = { -readonly [name in Exclude<keyof KindTotals, "kind">]: number };

/** A manual edit may set any text as a kind: kinds beyond this number are counted together. */
const MOST_KINDS = 100;
const OTHERS = "(others)";

export class Totals {
  readonly #byKind = new Map<string, Counts>();

  /** `kinds` are there from the beginning, with zeros. */
  constructor(kinds: readonly string[]) {
    for (const kind of kinds) this.#of(kind);
  }

  view(): Pick<QueueStats, "fenced" | "totals"> {
    const totals: KindTotals[] = [...this.#byKind].map(([kind, counts]) => ({ kind, ...counts }));
    return { totals, fenced: totals.reduce((sum, { fenced }) => sum + fenced, 0) };
  }

  readonly observe = (event: QueueEvent): void => {
    if (event.type === "enqueued") { for (const { kind } of event.jobs) this.#of(kind).added += 1; }
    else if (event.type === "moved") {
      this.#of(event.kind)[event.verb === "cancel" ? "canceled" : "resubmitted"] += 1;
    }
  };

  claimed(jobs: readonly Claimed[]): void {
    for (const { kind } of jobs) this.#of(kind).started += 1;
  }

  settled(all: readonly Settled[]): void {
    for (const { job, ending, isHeld } of all) {
      const counts = this.#of(job.kind);
      if (!isHeld) counts.fenced += 1;
      else if (ending.verb === "complete") {
        counts.attempts += 1;
        counts.completed += 1;
      } else countEnding(counts, ending);
    }
  }

  reaped(all: readonly Reaped[], event: "stalled" | "crashed" | "released"): void {
    for (const { kind, status } of all) {
      const counts = this.#of(kind);
      counts.attempts += 1;
      counts[event] += 1;
      if (isFinished(status)) counts.exhausted += 1;
    }
  }

  #of(kind: string): Counts {
    const known = this.#byKind.get(kind);
    if (known !== undefined) return known;
    if (this.#byKind.size >= MOST_KINDS && kind !== OTHERS) return this.#of(OTHERS);
    const counts = zero();
    this.#byKind.set(kind, counts);
    return counts;
  }
}

function countEnding(counts: Counts, ending: Ending): void {
  // Without a report there was no attempt: the job had not begun, or waited for a retry.
  if (ending.verb !== "release" || ending.report !== undefined) counts.attempts += 1;
  if (ending.verb === "exhaust" || ending.verb === "fail") {
    counts.failedAttempts += 1;
    counts[ending.verb === "fail" ? "failed" : "exhausted"] += 1;
  } else if (ending.verb === "retry") {
    counts[ending.event === "postponed" ? "postponed" : "failedAttempts"] += 1;
  } else if (ending.verb === "release" && ending.event !== null) {
    counts[ending.event] += 1;
    if (ending.charge !== null && isFinished(ending.charge.status)) counts.exhausted += 1;
  }
}

function zero(): Counts {
  return {
    ...{ added: 0, started: 0, attempts: 0, failedAttempts: 0, postponed: 0, crashed: 0, stalled: 0 },
    ...{ released: 0, completed: 0, failed: 0, exhausted: 0, canceled: 0, resubmitted: 0, fenced: 0 },
  };
}
