/** The JSON form of jobs, counts and consumers: every name in snake_case, times in milliseconds since 1970. */
import {
  type Attempt,
  attemptsOf,
  type DuplicateJobs,
  type HistoryEntry,
  isDismissed,
  isLegal,
  isStalled,
  type Job,
  mapInTurns,
  OPERATOR_VERBS,
  type SystemView,
  whyRefused,
} from "@persistent-queue/queue";
import type { HostView, Inspector, KindTotals, QueueStats } from "@persistent-queue/queue";
import { latestEvents } from "../ops/latest_events.ts";
import type { System } from "../page_deps.ts";
import {
  consumersOnWire,
  hostsOnWire,
  type HostsSource,
  ratesOfAllHosts,
  warningsOfOtherHosts,
  wedgedOnOtherHosts,
} from "./hosts.ts";

export interface Moment {
  readonly now: number;
  readonly stallMs: number;
  /** The kinds that have a handler. */
  readonly kinds: readonly string[];
  /** The kinds of waiting jobs that nothing claims. */
  readonly parkedKinds: readonly string[];
}

export function momentOf(
  { queue, now }: {
    readonly queue: Pick<Inspector, "stallMs" | "kinds" | "parkedKinds">;
    readonly now: number;
  },
): Moment {
  return { now, stallMs: queue.stallMs, kinds: queue.kinds, parkedKinds: queue.parkedKinds };
}

/** Whether the job waits for a handler. */
export function hasNoHandler(job: Pick<Job, "status" | "kind">, moment: Moment): boolean {
  return job.status === "PENDING" &&
    (!moment.kinds.includes(job.kind) || hasBrokenHandler(job, moment));
}

/** Whether its handler is there, but cannot be loaded on any host. */
function hasBrokenHandler({ status, kind }: Pick<Job, "status" | "kind">, moment: Moment): boolean {
  return status === "PENDING" && moment.kinds.includes(kind) && moment.parkedKinds.includes(kind);
}

/** Every field of a job except its values, whether it is stalled or has no handler, and what a person may do with it. */
export function jobOnWire(job: Job, moment: Moment) {
  return {
    id: job.id,
    kind: job.kind,
    status: job.status,
    retries: job.retries,
    crashes: job.crashes,
    priority: job.priority,
    run_at: job.runAt,
    consumer_id: job.consumerId,
    last_heartbeat: job.lastHeartbeat,
    started_at: job.startedAt,
    finished_at: job.finishedAt,
    error: job.error,
    canceled_from: job.canceledFrom,
    dismissed: isDismissed(job),
    created_at: job.createdAt,
    updated_at: job.updatedAt,
    seq: job.seq,
    lease: job.lease,
    stalled: isStalled(job, moment),
    no_handler: hasNoHandler(job, moment),
    /** With `no_handler`: there is one, which cannot be loaded. */
    handler_broken: hasBrokenHandler(job, moment),
    actions: OPERATOR_VERBS.filter((verb) => isLegal(verb, job.status)),
  };
}

/**
 * The same as JSON text, with the values exactly as they are stored: parsing them only to serialize them again would take
 * time and memory, and round the numbers. Values that are left out are `null`, and named in `left_out`.
 */
export function jobJson(job: Job, moment: Moment, more: object = {}): string {
  const leftOut = job.leftOut === undefined ? {} : { left_out: job.leftOut };
  const facts = JSON.stringify({ ...jobOnWire(job, moment), ...leftOut, ...more });
  return `${facts.slice(0, -1)},"result":${job.result ?? "null"},"payload":${job.payload}}`;
}

/** Limits for one value, and for all values of one response, in characters. */
const MAX_VALUE = 64 * 1024;
const MAX_VALUES = 1024 * 1024;

/** `{"jobs": […], …more}`. */
export async function jobsJson(jobs: readonly Job[], moment: Moment, more: object): Promise<string> {
  let left = MAX_VALUES;
  const texts = await mapInTurns(jobs, (job) => {
    const isShort = (value: string | null) => (value?.length ?? 0) <= Math.min(MAX_VALUE, left);
    const shown = withValues(job, isShort);
    left -= shown.payload.length + (shown.result?.length ?? 0);
    return jobJson(shown, moment);
  });
  return `{"jobs":[${texts.join(",")}],${JSON.stringify(more).slice(1)}`;
}

function withValues(job: Job, isShown: (value: string | null) => boolean): Job {
  const more = (["payload", "result"] as const).filter((name) => !isShown(job[name]));
  if (more.length === 0) return job;
  const [payload, result] = [
    more.includes("payload") ? "null" : job.payload,
    more.includes("result") ? null : job.result,
  ];
  return { ...job, payload, result, leftOut: [...job.leftOut ?? [], ...more] };
}

/** When a job is due, in UTC, for the response to adding it: a misread time shows here, not when it comes. */
export function dueOnWire({ runAt }: Job): string {
  return new Date(runAt).toISOString();
}

export function historyOnWire(entry: HistoryEntry) {
  return {
    at: entry.at,
    event: entry.event,
    lease: entry.lease,
    retries: entry.retries,
    consumer_id: entry.consumerId,
    detail: entry.detail,
    taken_at: entry.takenAt,
  };
}

/** One attempt: `detail` is the full error, `log` what its handler logged. */
export function attemptOnWire(attempt: Attempt) {
  return {
    attempt: attempt.number,
    outcome: attempt.outcome,
    started_at: attempt.startedAt,
    ended_at: attempt.endedAt,
    ran_ms: attempt.ranMs,
    consumer_id: attempt.consumerId,
    error: attempt.error,
    detail: attempt.detail,
    log: attempt.log,
  };
}

/** One job with its history and attempts. */
export function historyJson(found: { job: Job; history: readonly HistoryEntry[] }, moment: Moment): string {
  return jobJson(found.job, moment, {
    history: found.history.map(historyOnWire),
    attempts: attemptsOf({ ...found, now: moment.now }).map(attemptOnWire),
  });
}

/** What `GET /api/stats` returns. */
export function statsOnWire(stats: QueueStats, queue: Inspector, system: SystemView) {
  const counts = countsOnWire(stats, queue.hosts);
  const { consumers, hosts, wedged, warnings, durability } = systemOnWire(system, queue);
  return {
    ...counts,
    // `failed` counts attempts, not jobs.
    rates: { ...counts.rates, failed_attempts: counts.rates.failed },
    totals: stats.totals.map(totalsOnWire),
    ...{ consumers, hosts, wedged, warnings, durability },
    trouble: system.trouble ?? queue.trouble,
    revision: queue.revision,
    stall_ms: queue.stallMs,
    kinds: queue.kinds,
  };
}

/** Since the process began, by kind: numbers that only grow. */
function totalsOnWire({ failedAttempts, ...totals }: KindTotals) {
  return { ...totals, failed_attempts: failedAttempts };
}

/** The queue in numbers: `age_ms` in milliseconds, rates per second, one `history` entry per second, oldest first. */
export function countsOnWire(stats: QueueStats, hosts: readonly HostView[]) {
  const { rates, history } = ratesOfAllHosts(stats, hosts);
  return {
    counts: stats.counts,
    stalled: stats.stalled,
    age_ms: stats.ageMs,
    rates,
    history,
    fenced: stats.fenced,
    parked: stats.parked,
  };
}

/** Events and memory are those of this process; the rest covers all hosts. */
export function systemOnWire(view: SystemView, queue: HostsSource & Pick<Inspector, "durability">) {
  return {
    started_at: view.startedAt,
    stopping: view.stopping,
    consumers: consumersOnWire(view, queue),
    /** All of them, by name; empty on a backend for one host. */
    hosts: hostsOnWire(view, queue),
    /** The name of the one that answers; null on a backend for one host. */
    this_host: queue.isShared ? queue.hostName : null,
    wedged: view.wedged + wedgedOnOtherHosts(queue),
    sweep: { last_at: view.sweep.lastAt, last_requeued: view.sweep.lastRequeued },
    producing: view.producing,
    warnings: [...view.warnings, ...warningsOfOtherHosts(view, queue)],
    events: latestEvents(view.events),
    trouble: view.trouble,
    durability: queue.durability,
    memory_bytes: view.memoryBytes,
  };
}

/** What is wrong with the system, worst first, without duplicates. */
export function warningsOf(
  { system, queue }: { readonly system: Pick<System, "view">; readonly queue: Pick<HostsSource, "hosts"> },
): string[] {
  const view = system.view();
  const { trouble, warnings } = view;
  const own = [...(trouble === null ? [] : [trouble]), ...warnings];
  return [...new Set([...own, ...warningsOfOtherHosts(view, queue)])];
}

/** What became of each job of a call of which some were refused, in their order. */
export function addResults(outcomes: DuplicateJobs["outcomes"]) {
  return outcomes.map((one) => {
    const { outcome, job: { id, status } } = one;
    if (outcome !== "refused") return { id, ok: true, outcome, status, differs: one.differs };
    return { id, ok: false, outcome, error: { code: "duplicate_job", message: whyRefused(one) } };
  });
}
