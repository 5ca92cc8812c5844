/** What was acknowledged to callers, and what threads were seen doing: none of it may turn out to be false. */
import type { Lease } from "../../../queue/job.ts";
import type { Settlement } from "../../../queue/ending.ts";
import type { JobMessage } from "../../../workers/protocol.ts";
import { Auditor, type WriteVerb } from "./auditor.ts";
import type { Disk } from "./disk.ts";
import type { Timeline } from "./timeline.ts";
import { Violation } from "./violation.ts";

interface Ending {
  readonly at: number;
  readonly timesSet: number;
}

export class Book {
  /** Ids whose adding, and whose completion, were acknowledged. */
  readonly added = new Set<string>();
  readonly completed = new Set<string>();
  /** Numbers of jobs that are legitimately gone: removed by hand, or pruned. */
  readonly #gone = new Set<number>();
  readonly #edited = new Set<number>();
  /** By job number: the lease up to which a cancel was acknowledged, and by which process. */
  readonly #canceled = new Map<number, { readonly lease: number; readonly by: string }>();
  readonly #begun = new Map<string, number>();
  readonly #allowed = new Map<string, number>();
  readonly #ended = new Map<string, Ending>();
  /** When the next attempt may begin: how long after the end of the previous one, and by the wall clock. */
  readonly #pauses = new Map<string, { delayMs: number; runAt: number }>();
  /** Which job runs, by thread. */
  readonly #running = new Map<string, JobMessage>();
  /** The storage may have forgotten leases up to this one: their holders learn of it through their heartbeats. */
  #forgottenUpTo = -1;
  /** Leases that are valid again because the storage has forgotten how they ended; perhaps nothing holds them. */
  readonly #revived = new Set<string>();
  readonly #disk: Disk;
  readonly #timeline: Timeline;
  readonly #retryDelaysMs: readonly number[];
  readonly #auditor: Auditor;
  #broken: Violation | null = null;
  begins = 0;
  /** Settlements whose result said that their lease is lost. */
  fenced = 0;

  constructor(disk: Disk, timeline: Timeline, { retryDelaysMs }: { retryDelaysMs: readonly number[] }) {
    this.#disk = disk;
    this.#timeline = timeline;
    this.#retryDelaysMs = retryDelaysMs;
    this.#auditor = new Auditor(disk, { retryLimit: retryDelaysMs.length });
  }

  /** The first violation, kept because it may have been found where its error would be lost. */
  get broken(): Violation | null {
    return this.#broken;
  }

  blame(problem: string): void {
    this.#broken ??= new Violation(problem);
  }

  // Writes ---------------------------------------------------------------------------------------------------------------

  written(verb: WriteVerb): void {
    this.#note(() => {
      for (const { id, seq } of this.#auditor.audit(verb)) {
        this.#gone.add(seq);
        this.added.delete(id);
        this.completed.delete(id);
      }
    });
    if (verb === "insert" || verb === "by hand") this.#forgetCompletions();
  }

  settled(settlements: readonly Settlement[], answers: readonly boolean[]): void {
    this.#note(() => this.#auditor.auditSettled(settlements, answers));
    for (const [i, settlement] of settlements.entries()) {
      // A retry that is repeated neither allows another attempt nor moves the time of the next one.
      if (settlement.verb === "retry" && this.#auditor.repeats(settlement)) continue;
      if (answers[i]) this.#settledOne(settlement);
      else this.fenced += 1;
    }
  }

  #settledOne(settlement: Settlement): void {
    const key = keyOf(settlement);
    if (settlement.verb === "complete") {
      for (const { seq, id } of this.#disk.jobs) if (seq === settlement.seq) this.completed.add(id);
    }
    if (settlement.verb !== "retry") return;
    this.#allowed.set(key, (this.#allowed.get(key) ?? 1) + 1);
    const { delayMs, retries, event } = settlement;
    this.#pauses.set(key, { delayMs, runAt: Date.now() + delayMs });
    if (event === "retried" && delayMs !== this.#retryDelaysMs[retries - 1]) {
      this.blame(`I7: retry ${retries} is to come after ${delayMs} ms`);
    }
  }

  // Acknowledgements -----------------------------------------------------------------------------------------------------

  canceled({ seq, lease }: Lease, by: string): void {
    this.#canceled.set(seq, { lease, by });
  }

  accepted({ id, seq }: { id: string; seq: number }): void {
    if (!this.#gone.has(seq)) this.added.add(id);
  }

  editedByHand(id: string): void {
    const job = this.#disk.model.jobs.get(id);
    if (job !== undefined) this.#edited.add(job.seq);
    this.written("by hand");
  }

  /** A replica takes over without the last writes, so what they acknowledged may be gone. */
  tookOver(takeOver: () => void): void {
    const before = new Map([...this.#disk.jobs].map((job) => [job.seq, job]));
    takeOver();
    for (const now of this.#disk.jobs) {
      const was = before.get(now.seq);
      if (was?.lease !== now.lease || was.status !== now.status) this.#revived.add(keyOf(now));
    }
    // No lease is lower than the time at which it is granted; many claims at once make it higher.
    const latest = Math.max(...[...before.values()].map(({ lease }) => lease), this.#timeline.now + 1);
    this.#forgottenUpTo = Math.max(this.#forgottenUpTo, latest);
    this.written("by hand");
  }

  wasRevived(lease: Lease): boolean {
    return this.#revived.has(keyOf(lease));
  }

  /** A manual edit ignores the rules: it may have set the job to PROCESSING without the system's knowledge. */
  wasEdited({ seq }: { seq: number }): boolean {
    return this.#edited.has(seq);
  }

  /** A consumer that runs a job keeps it, whatever its heartbeat says, and whatever became of its process's row. */
  swept(taken: readonly Lease[], held: readonly Lease[]): void {
    for (const { seq, lease } of taken) {
      if (held.some((one) => one.seq === seq && one.lease === lease)) {
        this.blame(`Lease ${lease} of job number ${seq} is taken from the consumer that runs it`);
      }
    }
  }

  /** For jobs that were replaced or edited by hand. */
  #forgetCompletions(): void {
    for (const { id, status } of this.#disk.jobs) if (status !== "COMPLETED") this.completed.delete(id);
  }

  // Threads --------------------------------------------------------------------------------------------------------------

  /** `process`: the one that the thread belongs to. Other processes learn of a cancel only through their heartbeats. */
  began(thread: string, message: JobMessage, process: string): void {
    this.begins += 1;
    const { seq, lease, id } = message;
    const key = keyOf(message);
    const count = (this.#begun.get(key) ?? 0) + 1;
    this.#begun.set(key, count);
    if (count > (this.#allowed.get(key) ?? 1)) {
      this.blame(`${id} was begun ${count} times under lease ${lease}`);
    }
    const { lease: canceled, by } = this.#canceled.get(seq) ?? { lease: -1, by: "" };
    // A manual edit may give a job a second holder, unknown to the first one.
    if (by === process && (canceled === lease || (canceled > lease && !this.#edited.has(seq)))) {
      this.blame(`${id} was canceled, but begun by ${thread}`);
    }
    for (const [other, job] of this.#running) {
      if (job.seq === seq && job.lease === lease) this.blame(`${id} runs in ${other} and in ${thread}`);
    }
    this.#assertPause(message);
    const job = [...this.#disk.jobs].find((one) => one.seq === seq);
    if (job !== undefined && job.lease < lease && lease > this.#forgottenUpTo) {
      this.blame(`I4: ${id} runs under lease ${lease}, not ${job.lease}`);
    }
    if (job?.status === "PROCESSING" && job.lease === lease && job.payload !== message.payload) {
      this.blame(`${id} runs with the payload of another`);
    }
    this.#running.set(thread, message);
  }

  ended(thread: string): void {
    const message = this.#running.get(thread);
    if (message === undefined) return;
    const { now, timesSet } = this.#timeline;
    this.#ended.set(keyOf(message), { at: now, timesSet });
    this.#running.delete(thread);
  }

  died(thread: string): void {
    this.#running.delete(thread);
  }

  /** The pause must have passed by one of the two clocks; after two changes of the clock nothing is guaranteed. */
  #assertPause(message: JobMessage): void {
    const key = keyOf(message);
    const [pause, ended] = [this.#pauses.get(key), this.#ended.get(key)];
    if (pause === undefined || ended === undefined || this.#timeline.timesSet > ended.timesSet + 1) return;
    const passed = this.#timeline.now - ended.at;
    if (passed >= pause.delayMs - 1 || this.#timeline.wall >= pause.runAt) return;
    this.blame(`I7: ${message.id} was tried again after ${passed} instead of ${pause.delayMs} ms`);
  }

  #note(audit: () => void): void {
    try {
      audit();
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      this.#broken ??= error;
    }
  }
}

function keyOf({ seq, lease }: Lease): string {
  return `${seq}:${lease}`;
}
