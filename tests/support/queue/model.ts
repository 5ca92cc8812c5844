/**
 * The contract of a store, written a second time as plainly as possible: jobs in a Map, no index, no transaction.
 * Random walks compare a real store with it. `adopt` copies the numbers that a store
 * chooses itself (`seq`, `lease`) from the real one.
 */
import assert from "node:assert/strict";
import { type ClockSetBack, SAME_ROLLBACK_MS } from "../../../queue/policy/clock_rollback.ts";
import {
  type HistoryEntry,
  type HistoryEvent,
  isFinished,
  isLegal,
  type Job,
  type Lease,
  MOVES,
  type OperatorVerb,
  RESUBMIT,
  type Status,
  STATUSES,
  type Verb,
} from "../../../queue/job.ts";
import type { Charge, Settlement } from "../../../queue/ending.ts";
import type { ProcessIdentity, ProcessRow } from "../../../queue/processes.ts";
import type {
  ClaimOptions,
  ClaimRequest,
  NewJob,
  Orphan,
  OrphanRequest,
  SilentConsumers,
} from "../../../queue/store.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Facts = Mutable<Omit<Job, "status">> & { status: Status };

/** A process that was seen within this time sweeps its own jobs, however short the stall time is. */
const SHOWN_MS = 1_000;

interface Rollback {
  readonly host: string;
  readonly from: number;
}

export interface ModelJob extends Facts {
  suspect: boolean;
  /** The process that claimed it last. */
  process: string | null;
  history: HistoryEntry[];
}

export class Model {
  /** By id. */
  readonly jobs = new Map<string, ModelJob>();
  /** By id. */
  readonly processes = new Map<string, Mutable<Omit<ProcessRow, "isDead">>>();
  #added = 0;
  /** The last clock rollback that was found by one of several hosts, and the last one that each has followed. */
  #rollback: Rollback | null = null;
  readonly #followed = new Map<string, Rollback>();

  /** An independent copy of the current state. */
  copy(): Model {
    const copy = new Model();
    for (const [id, job] of structuredClone(this.jobs)) copy.jobs.set(id, job);
    for (const [id, row] of structuredClone(this.processes)) copy.processes.set(id, row);
    copy.#added = this.#added;
    return copy;
  }

  insert(asked: NewJob, now: number): "added" | "replaced" | "waiting" | "refused" {
    const present = this.jobs.get(asked.id);
    if (present && !isFinished(present.status)) return "waiting";
    if (present && !asked.replace) return "refused";
    const { replace: _, ...facts } = asked;
    const { seq, lease, history } = present ?? { seq: ++this.#added, lease: 0, history: [] };
    const blank = {
      consumerId: null,
      lastHeartbeat: null,
      startedAt: null,
      finishedAt: null,
      error: null,
      result: null,
      canceledFrom: null,
    };
    const job: ModelJob = {
      ...{
        ...facts,
        ...blank,
        runAt: facts.runAt ?? now,
        createdAt: now,
        seq,
        lease,
        history,
        retries: 0,
        crashes: 0,
        status: "PENDING",
        suspect: false,
        process: null,
      },
      updatedAt: now,
    };
    this.jobs.set(asked.id, job);
    if (present) tell(job, now, "replaced");
    return present ? "replaced" : "added";
  }

  /** The ids that the batch takes; if there are fewer than requested, also when the next job becomes due. */
  claim(
    requests: readonly ClaimRequest[],
    now: number,
    { kinds, setBack = null, process = null, host = null }: ClaimOptions & {
      readonly process?: string | null;
      /** Null: there is only one. */
      readonly host?: string | null;
    } = {},
  ): { ids: string[]; nextRunAt: number | null } {
    const line = () => this.#line().filter((job) => kinds === undefined || kinds.includes(job.kind));
    const mayClaim = process === null || this.processes.has(process);
    if (setBack !== null) this.#follow(setBack, host === null || this.#isFirstToFind(setBack, host));
    const ids: string[] = [];
    let short = false;
    const isForSuspects = requests.every(({ suspect }) => suspect);
    const alone = new Set<string>();
    for (const { consumerId, limit, suspect } of requests) {
      if (alone.has(consumerId)) continue;
      const due = line().filter((job) => mayClaim && job.runAt <= now && job.suspect === suspect);
      if (suspect) due.sort((a, b) => a.crashes - b.crashes);
      const taken = due.slice(0, suspect ? Math.min(1, limit) : limit);
      for (const job of taken) {
        this.#to(job, "claim", now, { consumerId, lastHeartbeat: now, startedAt: now });
        job.process = process;
        ids.push(job.id);
      }
      if (suspect && taken.length > 0) alone.add(consumerId);
      short ||= taken.length < limit && (!suspect || isForSuspects);
    }
    const suspects = requests.some((request) => request.suspect);
    const left = line().filter((job) => suspects || !job.suspect).map((job) => job.runAt);
    return { ids, nextRunAt: short && left.length > 0 ? Math.min(...left) : null };
  }

  renew(lease: Lease, now: number): boolean {
    const job = this.#held(lease);
    if (job) job.lastHeartbeat = now;
    return job !== undefined;
  }

  settle(ending: Settlement, at: number): boolean {
    if (this.#all().some((job) => isRepeat(snapshotOf(job), ending))) return true;
    const job = this.#held(ending);
    if (!job) return false;
    if (isPostponed(job, ending, at)) return true;
    if (ending.verb === "release") {
      const ranMs = ending.report?.ranMs ?? null;
      if (ending.event) tell(job, at, ending.event, ending.detail, job.retries, ranMs);
      this.#release(job, at, ending.charge);
    } else if (ending.verb === "complete") {
      this.#to(job, "complete", at, { result: ending.result, error: null, finishedAt: at });
    } else if (ending.verb === "retry") {
      const { event, retries, delayMs, detail, replacesLine } = ending;
      const last = job.history.at(-1);
      if (replacesLine && last?.event === event && last.lease === job.lease) job.history.pop();
      tell(job, at, event, detail, retries, ending.report?.ranMs ?? null);
      const error = ending.error ?? job.error;
      this.#to(job, "retry", at, { retries, runAt: at + delayMs, error, lastHeartbeat: at });
    } else {
      tell(job, at, ending.verb === "fail" ? "failed" : "exhausted", ending.error, ending.retries);
      this.#to(job, ending.verb, at, { retries: ending.retries, error: ending.error, finishedAt: at });
    }
    return true;
  }

  move(verb: OperatorVerb, id: string, now: number): "moved" | "illegal" | "unknown" {
    const job = this.jobs.get(id);
    if (!job) return "unknown";
    if (!isLegal(verb, job.status)) return "illegal";
    if (verb === "cancel") {
      this.#to(job, "cancel", now, { finishedAt: now, canceledFrom: job.status });
    } else {
      const { startsAgain, keepsRunAt } = RESUBMIT[job.status as keyof typeof RESUBMIT];
      if (startsAgain) Object.assign(job, { retries: 0, crashes: 0, suspect: false });
      const gone = { consumerId: null, lastHeartbeat: null, startedAt: null, finishedAt: null, result: null };
      const runAt = keepsRunAt && job.canceledFrom === "PENDING" ? Math.max(job.runAt, now) : now;
      this.#to(job, "resubmit", now, { ...gone, runAt, canceledFrom: null });
    }
    tell(job, now, verb === "cancel" ? "canceled" : "resubmitted");
    return "moved";
  }

  /** `by`: the process that asks, if others sweep their own jobs. */
  orphans(request: OrphanRequest, now: number, { by }: { readonly by: string | null }): Orphan[] {
    return this.#all()
      .filter((job) => job.status === "PROCESSING")
      .filter((job) =>
        "alive" in request
          ? isSilent(job, request, now) && (by === null || !this.#sweepsItself(job, by, { request, now }))
          : this.#processOf(job) === request.process
      )
      .slice(0, request.limit)
      .map(({ seq, lease, id, kind, consumerId, crashes, suspect, runAt, startedAt, lastHeartbeat }) => ({
        ...{ seq, lease, id, kind, consumerId, crashes, suspect, runAt, startedAt, lastHeartbeat },
      }));
  }

  // Processes --------------------------------------------------------------------------------------------------------------

  join(identity: ProcessIdentity, now: number): void {
    this.processes.set(identity.id, { ...identity, startedAt: now, seenAt: now, view: null, kinds: [] });
  }

  beat(id: string, now: number): boolean {
    const process = this.processes.get(id);
    if (process !== undefined) process.seenAt = now;
    return process !== undefined;
  }

  leave(id: string): void {
    this.processes.delete(id);
  }

  #sweepsItself(
    { process }: ModelJob,
    by: string,
    { request, now }: { readonly request: SilentConsumers; readonly now: number },
  ): boolean {
    const seenAt = process === by ? undefined : this.processes.get(process ?? "")?.seenAt;
    return seenAt !== undefined && seenAt >= now - Math.max(request.alive.agoMs, SHOWN_MS);
  }

  #processOf({ process }: ModelJob): string | null {
    return process !== null && this.processes.has(process) ? process : null;
  }

  /** One step of pruning from the beginning. */
  prune(before: number): string[] {
    const old = this.#all().filter((job) => isFinished(job.status) && (job.finishedAt ?? 0) < before);
    for (const { id } of old) this.jobs.delete(id);
    return old.map((job) => job.id);
  }

  counts(): Record<Status, number> {
    const count = (status: Status) => this.#all().filter((job) => job.status === status).length;
    return Object.fromEntries(STATUSES.map((status) => [status, count(status)])) as Record<Status, number>;
  }

  oldestDueAt(now: number): number | null {
    const due = this.#line().filter(({ runAt }) => runAt <= now)
      .map(({ runAt, createdAt }) => createdAt <= now ? Math.max(runAt, createdAt) : runAt);
    return due.length > 0 ? Math.min(...due) : null;
  }

  /** Copies what the real store chose; fails if a lease shrinks. */
  adopt(id: string, { seq, lease }: Lease): void {
    const job = this.jobs.get(id);
    assert.ok(job, `the store has a job ${id} that should not be there`);
    assert.ok(lease >= job.lease, `the lease of ${id} has shrunk from ${job.lease} to ${lease}`);
    Object.assign(job, { seq, lease });
  }

  #all(): ModelJob[] {
    return [...this.jobs.values()].sort((a, b) => a.seq - b.seq);
  }

  #line(): ModelJob[] {
    const waiting = this.#all().filter((job) => job.status === "PENDING");
    return waiting.sort((a, b) => b.priority - a.priority || a.runAt - b.runAt || a.seq - b.seq);
  }

  #isFirstToFind({ from, to }: ClockSetBack, host: string): boolean {
    const last = this.#rollback;
    const isOwn = last?.host === host && last.from === from;
    const isOpen = last !== null && to < last.from && Math.abs(last.from - from) <= SAME_ROLLBACK_MS;
    const isAnothers = isOpen && !isOwn && last !== this.#followed.get(host);
    if (!isOwn && !isAnothers) this.#rollback = { host, from };
    if (this.#rollback !== null) this.#followed.set(host, this.#rollback);
    return !isOwn && !isAnothers;
  }

  #follow({ from, to }: ClockSetBack, shiftsWaits: boolean): void {
    for (const job of this.jobs.values()) {
      if (job.runAt <= to) continue;
      if (job.status === "PENDING" && job.runAt <= from) job.runAt = to;
      if (shiftsWaits && job.status === "PROCESSING") job.runAt = Math.max(to, job.runAt - (from - to));
    }
  }

  #held({ seq, lease }: Lease): ModelJob | undefined {
    return this.#all().find((job) => job.seq === seq && job.lease === lease && job.status === "PROCESSING");
  }

  #to(job: ModelJob, verb: Verb, at: number, facts: Partial<Facts>): void {
    assert.ok(isLegal(verb, job.status));
    if (verb === "claim") job.lease++;
    Object.assign(job, facts, { status: MOVES[verb].to, updatedAt: at });
  }

  #release(job: ModelJob, at: number, charge: Charge | null): void {
    const freed = { lastHeartbeat: null, startedAt: null };
    if (charge === null) return this.#to(job, "release", at, { ...freed, consumerId: null });
    const { status, crashes, suspect, error } = charge;
    Object.assign(job, { crashes, suspect, error: error ?? job.error });
    if (isFinished(status)) this.#to(job, "exhaust", at, { ...freed, finishedAt: at });
    else this.#to(job, "release", at, { ...freed, consumerId: null });
  }
}

/** A job without its history, and the newest line of that. */
export type Snapshot = Omit<ModelJob, "history"> & { readonly newest: HistoryEntry | undefined };

export function snapshotOf({ history, ...job }: ModelJob): Snapshot {
  return { ...job, newest: history.at(-1) };
}

/** The ending is stored already: its answer was lost, and its caller repeats it. */
export function isRepeat(job: Snapshot, ending: Settlement): boolean {
  if (job.seq !== ending.seq || job.lease !== ending.lease) return false;
  if (ending.verb === "release") {
    if (ending.isReaped || job.status !== (ending.charge?.status ?? "PENDING")) return false;
    return ending.event === null || isNewest(job.newest, ending);
  }
  if (job.status !== MOVES[ending.verb].to) return false;
  if (ending.verb === "complete") return job.result === ending.result;
  if (job.retries !== ending.retries) return false;
  return ending.verb === "retry" ? ending.event === "retried" : job.error === ending.error;
}

/** The same for a postponed attempt, in the first half of its wait. */
function isPostponed({ retries, runAt, history }: ModelJob, ending: Settlement, at: number): boolean {
  if (ending.verb !== "retry" || ending.event !== "postponed" || retries !== ending.retries) return false;
  const last = history.at(-1);
  if (!isNewest(last, ending) || last.at > at || 2 * (at - last.at) >= ending.delayMs) return false;
  return last.at + ending.delayMs === runAt;
}

/** The ending has written this line. */
function isNewest(
  line: HistoryEntry | undefined,
  { event, lease, detail, report }: Extract<Settlement, { verb: "retry" | "release" }>,
): line is HistoryEntry {
  return line?.event === event && line.lease === lease && line.detail === detail &&
    line.ranMs === (report?.ranMs ?? null);
}

function isSilent(
  { seq, lease, lastHeartbeat }: ModelJob,
  { alive, held }: SilentConsumers,
  now: number,
): boolean {
  if (held.some((one) => one.seq === seq && one.lease === lease)) return false;
  return lastHeartbeat === null || lastHeartbeat < now - alive.agoMs || lastHeartbeat > now + alive.aheadMs;
}

function tell(
  job: ModelJob,
  at: number,
  event: HistoryEvent,
  detail: string | null = null,
  retries = job.retries,
  ranMs: number | null = null,
): void {
  const { lease, consumerId, history, startedAt: takenAt } = job;
  const unreported = { ranMs, report: null, log: null };
  history.push({ at, event, lease, retries, consumerId, detail, takenAt, ...unreported });
}
