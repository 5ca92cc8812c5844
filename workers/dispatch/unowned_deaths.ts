/**
 * Deaths of threads whose cause cannot be assigned to a job. The running job is not charged, because it may
 * be a victim of what an earlier one left behind; but when that happens to the same job repeatedly, in one
 * thread after another, the job is the cause, and must come to an end.
 */
import type { ConsumerHandle } from "./consumer_handle.ts";
import type { EndOfConsumer } from "./settler.ts";

/** The job is charged with this death and each later one. */
const CHARGED_FROM = 3;
/** The most jobs remembered; a later one replaces the earliest. */
const MOST_JOBS = 1_000;

interface Deaths {
  readonly count: number;
  /** An attempt that ended by itself begins a new count. */
  readonly retries: number;
}

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
