/** What survives every death: the model of the contract, with the results a store returns. No time passes here. */
import type { ClockSetBack } from "../../../queue/clock_rollback.ts";
import type { Job, Lease, OperatorVerb, Status } from "../../../queue/job.ts";
import type {
  ClaimAnswer,
  ClaimRequest,
  Inserted,
  JobPage,
  JobQuery,
  Moved,
  NewJob,
  Orphan,
  OrphanRequest,
  PruneRequest,
  Settlement,
  StoreStats,
} from "../../../queue/store.ts";
import { Model, type ModelJob } from "../../support/queue/model.ts";

/** The beginning of a cursor. */
const BEFORE = "before ";

export class Disk {
  readonly model = new Model();
  #outsideWrites = 0;

  get outsideWrites(): number {
    return this.#outsideWrites;
  }

  get jobs(): Iterable<ModelJob> {
    return this.model.jobs.values();
  }

  insert(jobs: readonly NewJob[]): Inserted[] {
    return jobs.map((job) => ({ outcome: this.model.insert(job), job: this.#known(job.id) }));
  }

  claim(
    requests: readonly ClaimRequest[],
    now: number,
    setBack: ClockSetBack | null,
  ): ClaimAnswer {
    const { ids, nextRunAt } = this.model.claim(requests, now, { setBack });
    const claimed = ids.map((id) => {
      const { consumerId, seq, lease, kind, payload, retries, crashes, suspect } = this.#stored(id);
      return { consumerId: consumerId ?? "", seq, lease, id, kind, payload, retries, crashes, suspect };
    });
    return { claimed, nextRunAt };
  }

  renew(leases: readonly Lease[], now: number): boolean[] {
    return leases.map((lease) => this.model.renew(lease, now));
  }

  settle(settlements: readonly Settlement[]): boolean[] {
    return settlements.map((settlement) => this.model.settle(settlement));
  }

  move(verb: OperatorVerb, ids: readonly string[], now: number): Moved[] {
    return ids.map((id): Moved => {
      const from = this.model.jobs.get(id)?.status;
      const outcome = this.model.move(verb, id, now);
      if (outcome === "unknown" || from === undefined) return { id, outcome: "unknown" };
      const job = this.#known(id);
      return outcome === "moved" ? { id, outcome, from, job } : { id, outcome, job };
    });
  }

  orphans(request: OrphanRequest): Orphan[] {
    return this.model.orphans(request);
  }

  prune({ before }: PruneRequest): { removed: string[]; next: number } {
    return { removed: this.model.prune(before), next: 0 };
  }

  get(id: string) {
    const job = this.model.jobs.get(id);
    return job === undefined ? null : { job: asJob(job), history: [...job.history] };
  }

  getMany(seqs: readonly number[]): Job[] {
    const jobs = new Map([...this.jobs].map((job) => [job.seq, job]));
    return seqs.map((seq) => jobs.get(seq)).filter((job) => job !== undefined).map(asJob);
  }

  list(
    { statuses, kind, search, silentSince, changedSince, due, cursor, limit }: JobQuery,
  ): JobPage {
    const before = cursor === undefined ? Infinity : Number(cursor.slice(BEFORE.length));
    const found = [...this.jobs].filter((job) =>
      job.seq < before && (statuses === undefined || statuses.includes(job.status)) &&
      (kind === undefined || job.kind === kind) && (search === undefined || job.id.includes(search)) &&
      (changedSince === undefined || job.updatedAt >= changedSince) &&
      (due === undefined || (due.when === "later") === job.runAt > due.now) &&
      (silentSince === undefined ||
        (job.status === "PROCESSING" && (job.lastHeartbeat ?? -1) < silentSince))
    ).sort((a, b) => b.seq - a.seq);
    const jobs = found.slice(0, limit).map(asJob);
    return { jobs, next: found.length > limit ? `${BEFORE}${jobs.at(-1)?.seq}` : null };
  }

  stats({ now, silentSince }: { now: number; silentSince: number }): StoreStats {
    return {
      counts: this.model.counts(),
      oldestDueAt: this.model.oldestDueAt(now),
      silent: this.list({ silentSince, limit: Infinity }).jobs.length,
      parked: [],
      warnings: [],
    };
  }

  // Edits by another program, which ignores the rules ------------------------------------------------------------------

  edit(id: string, status: Status): void {
    const job = this.model.jobs.get(id);
    if (job === undefined) return;
    job.status = status;
    this.#outsideWrites += 1;
  }

  delete(id: string): void {
    this.model.jobs.delete(id);
    this.#outsideWrites += 1;
  }

  insertByHand(job: NewJob): void {
    this.model.insert(job);
    this.#outsideWrites += 1;
  }

  #stored(id: string): ModelJob {
    const job = this.model.jobs.get(id);
    if (job === undefined) throw new TypeError(`There is no job ${id}.`);
    return job;
  }

  #known(id: string): Job {
    return asJob(this.#stored(id));
  }
}

/** Reads manual edits the way `rows.ts` does. */
function asJob({ suspect: _, history: __, ...facts }: ModelJob): Job {
  const { status } = facts;
  if (status === "PENDING") return { ...facts, status };
  if (status === "PROCESSING") {
    return { ...facts, status, consumerId: facts.consumerId ?? "", lastHeartbeat: facts.lastHeartbeat ?? 0 };
  }
  return { ...facts, status, finishedAt: facts.finishedAt ?? facts.updatedAt };
}
