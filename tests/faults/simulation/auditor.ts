/** Compares every job before and after each write: only what the verb may change may have changed. */
import { isFinished, isLegal, type Lease, MOVES, type Verb } from "../../../queue/job.ts";
import type { Settlement } from "../../../queue/ending.ts";
import { isRepeat, type ModelJob, type Snapshot, snapshotOf } from "../../support/queue/model.ts";
import type { Disk } from "./disk.ts";
import { Violation } from "./violation.ts";

export type WriteVerb =
  | ("insert" | "claim" | "renew" | "settle" | "move" | "orphans" | "prune")
  | ("join" | "beat" | "leave" | "by hand");

const MOVED_BY: Record<WriteVerb, readonly Verb[]> = {
  "insert": [],
  "claim": ["claim"],
  "renew": [],
  "settle": ["complete", "retry", "exhaust", "fail", "release"],
  "move": ["cancel", "resubmit"],
  "orphans": [],
  "prune": [],
  "join": [],
  "beat": [],
  "leave": [],
  "by hand": [],
};

export class Auditor {
  readonly #disk: Disk;
  readonly #retryLimit: number;
  #before = new Map<number, Snapshot>();

  constructor(disk: Disk, { retryLimit }: { retryLimit: number }) {
    this.#disk = disk;
    this.#retryLimit = retryLimit;
  }

  /** Returns the jobs that are gone. @throws {Violation} */
  audit(verb: WriteVerb): Snapshot[] {
    const before = this.#before;
    this.#before = new Map();
    for (const stored of this.#disk.jobs) {
      const job = snapshotOf(stored);
      this.#before.set(job.seq, job);
      const was = before.get(job.seq);
      before.delete(job.seq);
      if (verb !== "by hand") assertLegal(verb, was, job);
      if (job.retries > this.#retryLimit) {
        throw new Violation(`I5: ${job.id} was retried ${job.retries} times`);
      }
    }
    for (const { id, status } of before.values()) {
      if (verb === "by hand" || (verb === "prune" && isFinished(status))) continue;
      throw new Violation(`I1: ${verb} removed ${id}, which was ${status}`);
    }
    return [...before.values()];
  }

  /** A settlement without a valid lease writes nothing, and its result says so. Called before `audit`. */
  auditSettled(settlements: readonly Settlement[], answers: readonly boolean[]): void {
    const held = new Set<number>();
    const zombies = new Set<number>();
    for (const [i, settlement] of settlements.entries()) {
      if (this.#holds(settlement)) held.add(settlement.seq);
      else {
        zombies.add(settlement.seq);
        if (answers[i] !== this.repeats(settlement)) {
          throw new Violation(
            `I11: ${told(settlement)} was lost, and yet it settled, or the other way round`,
          );
        }
      }
    }
    for (const job of this.#disk.jobs) {
      if (!zombies.has(job.seq) || held.has(job.seq)) continue;
      if (JSON.stringify(snapshotOf(job)) !== JSON.stringify(this.#before.get(job.seq))) {
        throw new Violation(`I11: a zombie has changed ${job.id}`);
      }
    }
  }

  /** It was stored before, and its answer was lost. */
  repeats(settlement: Settlement): boolean {
    const job = this.#before.get(settlement.seq);
    return job !== undefined && isRepeat(job, settlement);
  }

  #holds({ seq, lease }: Lease): boolean {
    const job = this.#before.get(seq);
    return job?.status === "PROCESSING" && job.lease === lease;
  }
}

function assertLegal(verb: WriteVerb, was: Snapshot | undefined, job: ModelJob | Snapshot): void {
  if (was === undefined) {
    if (verb !== "insert") throw new Violation(`${verb} made the job ${job.id}`);
    return;
  }
  if (job.lease < was.lease) throw new Violation(`I4: the lease of ${job.id} fell below ${was.lease}`);
  if (job.lease > was.lease && !(verb === "claim" && was.status === "PENDING")) {
    throw new Violation(`I4: ${verb} raised the lease of ${job.id}, which was ${was.status}`);
  }
  if (job.status === was.status) return;
  const isFresh = verb === "insert" && isFinished(was.status) && job.status === "PENDING";
  const isMove = MOVED_BY[verb].some((move) => isLegal(move, was.status) && MOVES[move].to === job.status);
  if (!isFresh && !isMove) {
    throw new Violation(`I2, I3: ${verb} moved ${job.id} from ${was.status} to ${job.status}`);
  }
}

function told({ seq, lease }: Lease): string {
  return `lease ${lease} of job number ${seq}`;
}
