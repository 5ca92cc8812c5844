/**
 * Deaths of threads of which nothing tells whose fault they are. The job under way is not charged, for it may be a
 * victim of what an earlier one left behind; but where that happens to the same job again and again, in one thread after
 * the other, it is the job, and it has to come to an end.
 */
import type { Desk } from "./desk.ts";
import type { EndOfConsumer } from "./unfinished.ts";

/** The job is charged with this one, and with each after it. */
const CHARGED_FROM = 3;
/** Jobs that are remembered; a later one takes the place of the earliest. */
const MOST_JOBS = 1_000;

interface Deaths {
  readonly count: number;
  /** An attempt that ended by itself begins a new count. */
  readonly retries: number;
}

export class UnownedDeaths {
  /** By `seq` of the job. */
  readonly #deaths = new Map<number, Deaths>();

  /** The end as it is to be taken: with the job to blame, where it is one too many. */
  judge({ underWay, state }: Desk, end: EndOfConsumer): EndOfConsumer {
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
