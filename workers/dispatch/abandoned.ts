/** What remains of a thread that is gone: its jobs, how each attempt ended, and which job is to blame. */
import type { Attempted, AttemptReport } from "@persistent-queue/queue";
import type { ConsumerHandle, InFlightJob } from "./consumer_handle.ts";
import { HANDED_BACK } from "./settler.ts";

/** From this many deaths on, the job is charged with each. */
const CHARGED_FROM = 3;
/** The most jobs remembered; beyond that, the earliest is forgotten. */
const MAX_JOBS = 1_000;

export interface EndOfConsumer {
  readonly type: "crashed" | "stalled" | "stopped";
  readonly detail: string;
  /** The ticket of the job to blame, or null for none; determined here unless given. */
  readonly guilty?: number | null;
  /** The kind whose module the thread could not load. Its jobs are held, so none of them has to be charged in the end. */
  readonly unloadable?: string;
}

/**
 * Clears the handle of a consumer that is gone, and returns its jobs with the outcome of each. Unless the job to blame
 * is given, it is the running one, or else one whose end was not reported.
 */
export function abandonedJobs(handle: ConsumerHandle, end: EndOfConsumer, now: number): Attempted[] {
  const { type, detail } = end;
  const { unbegun, waiting } = handle.clear();
  const inFlight = [...handle.inFlight.values()];
  const begun = inFlight.filter(({ canceled }) => canceled === null || canceled === "stopping");
  const culprit = culpritOf(handle, { inFlight, begun, end });
  const isLoading = ({ ticket }: InFlightJob) => handle.state.isLoading && handle.tickets.isUnderWay(ticket);
  return [
    ...unbegun.map((job) => ({ job, outcome: HANDED_BACK })),
    ...begun.map((one) => ({
      job: one.job,
      outcome: {
        ...{ guilty: one === culprit, type, detail },
        // Without log lines: those are only in the consumer's log, because its thread is gone.
        ...(isLoading(one) ? {} : { report: ranFor(now - one.givenAt) }),
      },
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
  // A thread that falls silent stopped at the first missing report; one that dies, at the last.
  return underWay ?? begun.at(type === "stalled" ? 0 : -1);
}

interface Deaths {
  readonly count: number;
  /** The retries at that time: an attempt that ends by itself begins a new count. */
  readonly retries: number;
}

/**
 * Deaths of threads that cannot be attributed to a job. The running job is not charged, because it may be a victim of
 * what an earlier job left behind. But if it happens to the same job again and again, in one thread after another, that
 * job is the cause and must come to an end. The same holds for jobs that have ended if their reports never leave the
 * thread: each of them would run again.
 */
export class UnownedDeaths {
  /** Keyed by the `seq` of the job. */
  readonly #deaths = new Map<number, Deaths>();

  /** Returns the end, with the job to blame once it has had too many deaths. */
  judge(handle: ConsumerHandle, end: EndOfConsumer): EndOfConsumer {
    const { guilty, type, detail, unloadable } = end;
    const isOwned = guilty === undefined || guilty !== null && handle.inFlight.has(guilty);
    if (isOwned || type === "stopped" || unloadable !== undefined) return end;
    let blamed = end;
    for (const { job: { seq, retries }, ticket } of suspectsOf(handle)) {
      const count = this.#note(seq, retries);
      if (count < CHARGED_FROM) continue;
      blamed = { ...end, guilty: ticket, detail: `${detail} (${count} times in a row while this job ran)` };
    }
    return blamed;
  }

  #note(seq: number, retries: number): number {
    const before = this.#deaths.get(seq);
    const count = before?.retries === retries ? before.count + 1 : 1;
    this.#deaths.delete(seq);
    this.#deaths.set(seq, { count, retries });
    const [earliest] = this.#deaths.keys();
    if (this.#deaths.size > MAX_JOBS && earliest !== undefined) this.#deaths.delete(earliest);
    return count;
  }
}

/**
 * The jobs that would run again without a charge, the likeliest cause last: those whose end was not reported, and the
 * running one, unless code that another job left behind is running in its place.
 */
function suspectsOf({ inFlight, tickets, underWay, state }: ConsumerHandle): InFlightJob[] {
  const begun = [...inFlight.values()].filter(({ ticket, canceled }) =>
    canceled === null && tickets.hasBegun(ticket)
  );
  const ended = begun.filter((one) => one !== underWay);
  return state.isInLeftover ? ended : [...ended, ...begun.filter((one) => one === underWay)];
}
