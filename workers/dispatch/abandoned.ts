/** What is left of a thread that is gone: its jobs, how each of them ended, and which one is to blame. */
import type { AttemptReport } from "@persistent-queue/queue";
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";
import { type Attempted, HANDED_BACK } from "./settler.ts";

/** The job is charged with this death and each later one. */
const CHARGED_FROM = 3;
/** The most jobs remembered; a later one replaces the earliest. */
const MOST_JOBS = 1_000;

export interface EndOfConsumer {
  readonly type: "crashed" | "stalled" | "stopped";
  readonly detail: string;
  /** The ticket of the job to blame, or null for none; found out unless given. */
  readonly guilty?: number | null;
}

/**
 * Clears the handle of a consumer that is gone: its jobs, and how each of them ended. Unless the one to blame
 * is given, it is the running job, or else one whose end was not reported.
 */
export function abandonedJobs(handle: ConsumerHandle, end: EndOfConsumer, now: number): Attempted[] {
  const { type, detail } = end;
  const { unbegun, waiting } = handle.clear();
  const inFlight = [...handle.inFlight.values()];
  const begun = inFlight.filter(({ canceled }) => canceled === null || canceled === "stopping");
  const culprit = culpritOf(handle, { inFlight, begun, end });
  return [
    ...unbegun.map((job) => ({ job, outcome: HANDED_BACK })),
    ...begun.map((one) => ({
      job: one.job,
      // Its log lines are only in the consumer's log: its thread is gone.
      outcome: { guilty: one === culprit, type, detail, report: ranFor(now - one.givenAt) },
    })),
    ...waiting.map((job) => ({ job, outcome: { guilty: false, type, detail } })),
  ];
}

function ranFor(ms: number): AttemptReport {
  return { ranMs: Math.max(0, Math.round(ms)), detail: null, log: null };
}

interface LeftOver {
  readonly inFlight: readonly InFlightJob[];
  readonly begun: readonly InFlightJob[];
  readonly end: EndOfConsumer;
}

function culpritOf(
  handle: ConsumerHandle,
  { inFlight, begun, end: { type, guilty } }: LeftOver,
): InFlightJob | undefined {
  if (guilty !== undefined) return inFlight.find(({ ticket }) => ticket === guilty);
  const underWay = inFlight.find(({ ticket }) => handle.tickets.isUnderWay(ticket));
  // A thread falls silent with the first report that is missing, and dies of the last.
  return underWay ?? begun.at(type === "stalled" ? 0 : -1);
}

interface Deaths {
  readonly count: number;
  /** An attempt that ended by itself begins a new count. */
  readonly retries: number;
}

/**
 * Deaths of threads whose cause cannot be assigned to a job. The running job is not charged, because it may
 * be a victim of what an earlier one left behind; but when that happens to the same job repeatedly, in one
 * thread after another, the job is the cause, and must come to an end.
 */
export class UnownedDeaths {
  /** By `seq` of the job. */
  readonly #deaths = new Map<number, Deaths>();

  /** Returns the end with the job to blame, once its deaths are too many. */
  judge({ underWay, state }: ConsumerHandle, end: EndOfConsumer): EndOfConsumer {
    const isUnowned = end.guilty === null && end.type !== "stopped" && !state.isInLeftover;
    if (!isUnowned || underWay === null || underWay.canceled !== null) return end;
    const { job: { seq, retries }, ticket } = underWay;
    const count = this.#note(seq, retries);
    if (count < CHARGED_FROM) return end;
    return { ...end, guilty: ticket, detail: `${end.detail} (${count} times in a row while this job ran)` };
  }

  #note(seq: number, retries: number): number {
    const before = this.#deaths.get(seq);
    const count = before?.retries === retries ? before.count + 1 : 1;
    this.#deaths.delete(seq);
    this.#deaths.set(seq, { count, retries });
    const [earliest] = this.#deaths.keys();
    if (this.#deaths.size > MOST_JOBS && earliest !== undefined) this.#deaths.delete(earliest);
    return count;
  }
}
