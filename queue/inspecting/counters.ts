/** Counts events: per second over the last minute, and in total since this process began. */
import type { QueueEvent, Reaped } from "../events.ts";
import { isFinished } from "../job.ts";
import type { KindTotals, QueueStats, Rates, RunTimes } from "../queue_stats.ts";
import type { Ending } from "../ending.ts";
import type { Claimed } from "../store.ts";

const SECONDS_KEPT = 60;
const SECONDS_AVERAGED = 10;
/** One more than is shown: the current second has its own slot. */
const PLACES = SECONDS_KEPT + 1;

type Rate = { -readonly [name in keyof Rates]: number };

/** Events per second over the last minute. */
export class Meter {
  /** A ring; each entry stores the second that it belongs to. */
  readonly #seconds: { second: number; counts: Rate }[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  readonly observe = (event: QueueEvent): void => {
    if (event.type === "enqueued") this.#current().added += event.jobs.length;
    else if (event.type === "completed") this.#current().completed += event.count;
    else if (event.type === "retrying" || event.type === "exhausted" || event.type === "failed") {
      this.#current().failed += 1;
    }
  };

  view(): Pick<QueueStats, "rates" | "history"> {
    return { rates: this.rates(), history: this.history() };
  }

  /** Counts per second of the last minute, oldest first, without the current second. */
  history(): Rates[] {
    const present = this.#second();
    return Array.from({ length: SECONDS_KEPT }, (_, i) => this.#at(present - SECONDS_KEPT + i));
  }

  /** The rate per second over the last ten whole seconds. */
  rates(): Rates {
    return meanOf(this.history());
  }

  #second(): number {
    return Math.floor(this.#now() / 1000);
  }

  #current(): Rate {
    const second = this.#second();
    const place = this.#seconds[second % PLACES];
    if (place?.second === second) return place.counts;
    const counts = noEvents();
    this.#seconds[second % PLACES] = { second, counts };
    return counts;
  }

  #at(second: number): Rates {
    const place = this.#seconds[second % PLACES];
    return place?.second === second ? place.counts : noEvents();
  }
}

/** The mean per second over the last ten of these seconds. */
export function meanOf(history: readonly Rates[]): Rates {
  const recent = history.slice(-SECONDS_AVERAGED);
  const mean = (name: keyof Rates) => recent.reduce((sum, rates) => sum + rates[name], 0) / SECONDS_AVERAGED;
  return { added: mean("added"), completed: mean("completed"), failed: mean("failed") };
}

export function noEvents(): Rate {
  return { added: 0, completed: 0, failed: 0 };
}

/** From a tiny job to half an hour. */
const UP_TO_MS = [
  ...[1, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000],
  ...[10_000, 30_000, 60_000, 300_000, 1_800_000],
];

type Total = { -readonly [name in Exclude<keyof KindTotals, "kind">]: number };

/** An edit by hand may set any text as a kind, so kinds beyond this number are counted together. */
const MAX_KINDS = 100;
const OTHERS = "(others)";

/** Totals by kind of job since this process began: numbers that only grow. */
export class Totals {
  readonly #byKind = new Map<string, Total>();

  /** `kinds` are present from the beginning, with zeros. */
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

  /** `ending`: null if the lease was lost. */
  settled({ kind }: Claimed, ending: Ending | null): void {
    const counts = this.#of(kind);
    if (ending === null) counts.fenced += 1;
    else if (ending.verb === "complete") {
      counts.attempts += 1;
      counts.completed += 1;
    } else countEnding(counts, ending);
  }

  reaped(all: readonly Reaped[], event: "stalled" | "crashed" | "released"): void {
    for (const { kind, status, wasRunning } of all) {
      const counts = this.#of(kind);
      if (wasRunning) {
        counts.attempts += 1;
        counts[event] += 1;
      }
      if (isFinished(status)) counts.exhausted += 1;
    }
  }

  #of(kind: string): Total {
    const known = this.#byKind.get(kind);
    if (known !== undefined) return known;
    if (this.#byKind.size >= MAX_KINDS && kind !== OTHERS) return this.#of(OTHERS);
    const counts = noTotals();
    this.#byKind.set(kind, counts);
    return counts;
  }
}

/** The attempts are the sum of those that ended in each way. */
function countEnding(counts: Total, ending: Ending): void {
  // Without a report there was no attempt: the handler had not begun, or the job waited for a retry.
  const wasAttempt = ending.verb !== "release" || ending.report !== undefined;
  if (wasAttempt) counts.attempts += 1;
  if (ending.verb === "exhaust" || ending.verb === "fail") {
    counts.failedAttempts += 1;
    counts[ending.verb === "fail" ? "failed" : "exhausted"] += 1;
  } else if (ending.verb === "retry") {
    counts[ending.event === "postponed" ? "postponed" : "failedAttempts"] += 1;
  } else if (ending.verb === "release" && ending.event !== null) {
    if (wasAttempt) counts[ending.event] += 1;
    if (ending.charge !== null && isFinished(ending.charge.status)) counts.exhausted += 1;
  }
}

function noTotals(): Total {
  return {
    ...{ added: 0, started: 0, attempts: 0, failedAttempts: 0, postponed: 0, crashed: 0, stalled: 0 },
    ...{ released: 0, completed: 0, failed: 0, exhausted: 0, canceled: 0, resubmitted: 0, fenced: 0 },
  };
}

interface Times {
  sumMs: number;
  /** How many attempts belong to each bound, and at the end those that took longer than the last. */
  readonly counts: number[];
}

/** How long handlers ran, by kind of job, since this process began. */
export class RunTimeTotals {
  readonly #byKind = new Map<string, Times>();

  /** `kinds` are present from the beginning, with zeros. */
  constructor(kinds: readonly string[]) {
    for (const kind of kinds) this.#of(kind);
  }

  view(): Pick<QueueStats, "runTimes"> {
    return { runTimes: [...this.#byKind].map(([kind, times]) => ({ kind, ...summed(times) })) };
  }

  observe(kind: string, ranMs: number): void {
    const times = this.#of(kind);
    times.sumMs += ranMs;
    let place = 0;
    while (ranMs > (UP_TO_MS[place] ?? Infinity)) place += 1;
    times.counts[place] = (times.counts[place] ?? 0) + 1;
  }

  #of(kind: string): Times {
    const known = this.#byKind.get(kind);
    if (known !== undefined) return known;
    if (this.#byKind.size >= MAX_KINDS && kind !== OTHERS) return this.#of(OTHERS);
    const times = { sumMs: 0, counts: Array<number>(UP_TO_MS.length + 1).fill(0) };
    this.#byKind.set(kind, times);
    return times;
  }
}

function summed({ sumMs, counts }: Times): Omit<RunTimes, "kind"> {
  let attempts = 0;
  const buckets = UP_TO_MS.map((upToMs, i) => ({ upToMs, attempts: attempts += counts[i] ?? 0 }));
  return { sumMs, buckets, attempts: attempts + (counts.at(-1) ?? 0) };
}
