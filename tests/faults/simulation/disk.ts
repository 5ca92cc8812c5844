/** What survives every death: the model of the contract, with the results a store returns, and the only clock. */
import type { Added } from "../../../queue/roles.ts";
import type { ClockSetBack } from "../../../queue/policy/clock_rollback.ts";
import type { Job, Lease, OperatorVerb, Status } from "../../../queue/job.ts";
import type { Settlement } from "../../../queue/ending.ts";
import type { ProcessIdentity, ProcessRow } from "../../../queue/processes.ts";
import type {
  ClaimAnswer,
  ClaimRequest,
  JobPage,
  JobQuery,
  Moved,
  NewJob,
  Orphan,
  OrphanRequest,
  PruneRequest,
  Refused,
  StoreStats,
} from "../../../queue/store.ts";
import { Model, type ModelJob } from "../../support/queue/model.ts";

/** The beginning of a cursor. */
const BEFORE = "before ";

export class Disk {
  #model = new Model();
  #news = 0;

  get model(): Model {
    return this.#model;
  }

  /** How many writes there were that others want to know about. */
  get news(): number {
    return this.#news;
  }

  noteNews(): void {
    this.#news += 1;
  }

  get jobs(): Iterable<ModelJob> {
    return this.model.jobs.values();
  }

  insert(jobs: readonly NewJob[]): (Added | Refused)[] {
    return jobs.map((one) => {
      const outcome = this.model.insert(one, Date.now());
      const job = this.#known(one.id);
      return outcome === "refused" ? { outcome, job } : { outcome, job, differs: false };
    });
  }

  claim(
    requests: readonly ClaimRequest[],
    { noLeaseBelow = 0, ...how }: {
      readonly setBack: ClockSetBack | null;
      readonly process: string | null;
      /** A server grants no lease twice, though it may forget what it has granted. */
      readonly noLeaseBelow?: number;
    },
  ): ClaimAnswer {
    const { ids, nextRunAt } = this.model.claim(requests, Date.now(), how);
    for (const id of ids) {
      const { seq, lease } = this.#stored(id);
      this.model.adopt(id, { seq, lease: Math.max(lease, noLeaseBelow) });
    }
    const claimed = ids.map((id) => {
      const { consumerId, seq, lease, kind, payload, retries, crashes, suspect } = this.#stored(id);
      return { consumerId: consumerId ?? "", seq, lease, id, kind, payload, retries, crashes, suspect };
    });
    return { claimed, nextRunAt };
  }

  renew(leases: readonly Lease[]): boolean[] {
    return leases.map((lease) => this.model.renew(lease, Date.now()));
  }

  settle(settlements: readonly Settlement[]): boolean[] {
    return settlements.map((settlement) => this.model.settle(settlement, Date.now()));
  }

  move(verb: OperatorVerb, ids: readonly string[]): Moved[] {
    return ids.map((id): Moved => {
      const from = this.model.jobs.get(id)?.status;
      const outcome = this.model.move(verb, id, Date.now());
      if (outcome === "unknown" || from === undefined) return { id, outcome: "unknown" };
      const job = this.#known(id);
      return outcome === "moved" ? { id, outcome, from, job } : { id, outcome, job };
    });
  }

  orphans(request: OrphanRequest): Orphan[] {
    return this.model.orphans(request, Date.now(), { by: null });
  }

  join(process: ProcessIdentity): void {
    this.model.join(process, Date.now());
  }

  beat(id: string): boolean {
    return this.model.beat(id, Date.now());
  }

  leave(id: string): void {
    this.model.leave(id);
  }

  processes(isDead: (row: Omit<ProcessRow, "isDead">) => boolean): ProcessRow[] {
    return [...this.model.processes.values()].map((row) => ({ ...row, isDead: isDead(row) }));
  }

  prune({ olderThanMs }: PruneRequest): { removed: string[]; next: number } {
    return { removed: this.model.prune(Date.now() - olderThanMs), next: 0 };
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
    { statuses, kind, search, silentForMs, changedSince, due, cursor, limit }: JobQuery,
  ): JobPage {
    const before = cursor === undefined ? Infinity : Number(cursor.slice(BEFORE.length));
    const found = [...this.jobs].filter((job) =>
      job.seq < before && (statuses === undefined || statuses.includes(job.status)) &&
      (kind === undefined || job.kind === kind) && (search === undefined || job.id.includes(search)) &&
      (changedSince === undefined || job.updatedAt >= changedSince) &&
      (due === undefined || (due === "later") === job.runAt > Date.now()) &&
      (silentForMs === undefined ||
        (job.status === "PROCESSING" && (job.lastHeartbeat ?? -1) < Date.now() - silentForMs))
    ).sort((a, b) => b.seq - a.seq);
    const jobs = found.slice(0, limit).map(asJob);
    return { jobs, next: found.length > limit ? `${BEFORE}${jobs.at(-1)?.seq}` : null };
  }

  stats({ silentForMs }: { silentForMs: number }): StoreStats {
    return {
      counts: this.model.counts(),
      oldestDueAt: this.model.oldestDueAt(Date.now()),
      silent: this.list({ silentForMs, limit: Infinity }).jobs.length,
      parked: [],
      warnings: [],
      durability: "power_loss",
    };
  }

  /** Returns a function with which a replica takes over: what is written until then is lost. */
  replica(): () => void {
    const model = this.model.copy();
    return () => {
      this.#model = model;
      this.noteNews();
    };
  }

  // Edits by another program, which ignores the rules ------------------------------------------------------------------

  edit(id: string, status: Status): void {
    const job = this.model.jobs.get(id);
    if (job === undefined) return;
    job.status = status;
    this.noteNews();
  }

  delete(id: string): void {
    this.model.jobs.delete(id);
    this.noteNews();
  }

  insertByHand(job: NewJob): void {
    this.model.insert(job, Date.now());
    this.noteNews();
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
function asJob({ suspect: _, process: __, history: ___, ...facts }: ModelJob): Job {
  const { status } = facts;
  if (status === "PENDING") return { ...facts, status };
  if (status === "PROCESSING") {
    return { ...facts, status, consumerId: facts.consumerId ?? "", lastHeartbeat: facts.lastHeartbeat ?? 0 };
  }
  return { ...facts, status, finishedAt: facts.finishedAt ?? facts.updatedAt };
}
