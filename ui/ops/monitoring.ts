/** For monitoring: probes, and metrics for Prometheus (text format 0.0.4). */
import { type Context, Hono } from "hono";
import type {
  ConsumerState,
  Durability,
  KindTotals,
  QueueStats,
  RunTimes,
  SystemView,
} from "@persistent-queue/queue";
import type { AppEnv } from "../http/app_env.ts";
import { noSuchRoute } from "../http/errors.ts";
import type { OpsDeps } from "../page_deps.ts";

/** Some load balancers probe with OPTIONS. */
const METHODS = ["GET", "OPTIONS"];

/** What the probes report about the process. */
export interface Watched {
  /** Why it cannot serve, or null. */
  trouble(): string | null;
  /** What an acknowledged job survives. */
  durability(): Durability;
  /** Why it accepts no requests at the moment, or null. */
  unready(): string | null;
}

/**
 * Served without a login and under any host name, because a load balancer or an orchestrator uses an address of its own.
 * So the responses contain nothing that a stranger must not know: no path, no version.
 */
export function probes({ trouble, durability, unready }: Watched): Hono<AppEnv> {
  const probe = (reasonOf: () => string | null, facts: () => object = () => ({})) => (c: Context<AppEnv>) => {
    const reason = reasonOf();
    return reason === null
      ? c.json({ status: "ok", ...facts() })
      : c.json({ status: "unavailable", reason }, 503);
  };
  const app = new Hono<AppEnv>()
    .on(METHODS, "/healthz", probe(trouble, () => ({ durability: durability() })))
    .on(METHODS, "/ready", probe(unready))
    // Any response proves that the process is alive.
    .on(METHODS, "/live", probe(() => null));
  // Otherwise the login would answer, which helps with no other method either.
  for (const path of ["/healthz", "/ready", "/live"]) {
    app.all(path, (c) => {
      throw noSuchRoute(app.routes, c.req);
    });
  }
  return app;
}

export function watched({ queue, system }: OpsDeps): Watched {
  return {
    trouble: () => queue.publicTrouble ?? system.view().trouble,
    durability: () => queue.durability,
    unready() {
      const { starting, stopping } = system.view();
      if (stopping) return "The system is stopping.";
      return starting ? "The system is starting." : null;
    },
  };
}

interface Sample {
  /** What follows the name of the metric: a histogram consists of several series. */
  readonly series?: "_bucket" | "_sum" | "_count";
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter" | "histogram";
  readonly help: string;
  readonly samples: readonly Sample[];
}

/** The states of living consumers: one that is starting, or about to, cannot take a job. */
const STATES = ["idle", "working", "waiting", "silent"] as const satisfies ConsumerState[];

const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

export async function metrics(c: Context<AppEnv>, { queue, system }: OpsDeps): Promise<Response> {
  const stats = await queue.stats().catch(() => null);
  return c.body(metricsText(stats, system.view()), 200, { "Content-Type": METRICS_TYPE });
}

/** `stats` is null while the storage does not respond: everything else is still reported. */
function metricsText(stats: QueueStats | null, system: SystemView): string {
  const metrics = [
    ...(stats === null ? [] : ofQueue(stats)),
    ...ofSystem(system, { isStorageUp: stats !== null }),
  ];
  return metrics.map(textOf).join("");
}

/** Several hosts report the same: a sum over them would count each job several times. */
const OF_QUEUE = "in the whole queue: the same on every host";

function ofQueue(stats: QueueStats): Metric[] {
  const { counts, stalled, ageMs, rates, fenced, totals, runTimes, parked } = stats;
  const byStatus = Object.entries(counts).map(([status, value]) => ({ labels: { status }, value }));
  const perSecond = (["added", "completed"] as const).map((event) => ({
    labels: { event },
    value: rates[event],
  }));
  return [
    gauge("pq_jobs", `Jobs by status, ${OF_QUEUE}.`, byStatus),
    gauge(
      "pq_jobs_stalled",
      `Jobs that are PROCESSING without a heartbeat for longer than STALL_MS, ${OF_QUEUE}.`,
      stalled,
    ),
    gauge(
      "pq_queue_age_seconds",
      `For how long the job at the head of the line has been due, without those of pq_jobs_parked, ${OF_QUEUE}.`,
      ageMs / 1000,
    ),
    gauge(
      "pq_jobs_per_second",
      "Jobs added and completed through this process, per second over the last ten seconds.",
      perSecond,
    ),
    gauge(
      "pq_attempts_failed_per_second",
      "Attempts of this process that ended by an error or past their deadline, per second over the last ten seconds.",
      rates.failed,
    ),
    gauge(
      "pq_jobs_parked",
      `Waiting jobs that no handler can run (none is named like their kind, or it cannot be loaded), by kind, ${OF_QUEUE}; counted up to 10,000.`,
      parked.map(({ kind, count }) => ({ labels: { kind }, value: count })),
    ),
    counter("pq_fenced_total", "Late writes of workers that had lost their job.", fenced),
    ...COUNTERS.map(([name, field, help]) =>
      counter(
        name,
        `${help}, since the start.`,
        totals.map(({ kind, [field]: value }) => ({ labels: { kind }, value })),
      )
    ),
    {
      name: "pq_attempt_duration_seconds",
      type: "histogram",
      help: "How long handlers ran, in attempts that they ended, or their deadline, since the start.",
      samples: runTimes.flatMap(histogramOf),
    },
  ];
}

function histogramOf({ kind, attempts, sumMs, buckets }: RunTimes): Sample[] {
  const bucket = (le: string, value: number) => ({ series: "_bucket", labels: { kind, le }, value }) as const;
  return [
    ...buckets.map(({ upToMs, attempts }) => bucket(String(upToMs / 1000), attempts)),
    bucket("+Inf", attempts),
    { series: "_sum", labels: { kind }, value: sumMs / 1000 },
    { series: "_count", labels: { kind }, value: attempts },
  ];
}

const COUNTERS: readonly (readonly [name: string, field: Exclude<keyof KindTotals, "kind">, help: string])[] =
  [
    ["pq_jobs_added_total", "added", "Jobs added or started afresh through this process"],
    ["pq_jobs_started_total", "started", "Jobs given to a consumer, again where one came back unbegun"],
    ["pq_jobs_completed_total", "completed", "Jobs that became COMPLETED"],
    ["pq_jobs_failed_total", "failed", "Jobs that became FAILED"],
    ["pq_jobs_exhausted_total", "exhausted", "Jobs that became UNPROCESSABLE"],
    ["pq_jobs_canceled_total", "canceled", "Jobs canceled through this process"],
    ["pq_jobs_resubmitted_total", "resubmitted", "Jobs resubmitted through this process"],
    ["pq_attempts_total", "attempts", "Attempts that ended, in whatever way"],
    ["pq_attempts_failed_total", "failedAttempts", "Attempts that ended by an error or past their deadline"],
    ["pq_attempts_postponed_total", "postponed", "Attempts that ended by RetryLater"],
    ["pq_attempts_crashed_total", "crashed", "Attempts lost to the death of their consumer"],
    ["pq_attempts_stalled_total", "stalled", "Attempts lost to the silence of their consumer"],
    ["pq_attempts_released_total", "released", "Attempts cut short by a stop"],
  ];

function ofSystem(
  { consumers, wedged, trouble, startedAt, memoryBytes }: SystemView,
  { isStorageUp }: { readonly isStorageUp: boolean },
): Metric[] {
  const byState = STATES.map((state) => ({
    labels: { state },
    value: consumers.filter((consumer) => consumer.state === state).length,
  }));
  const restarts = consumers.reduce((total, consumer) => total + consumer.restarts, 0);
  return [
    gauge("pq_up", "1 while the system serves, 0 while it cannot.", trouble === null && isStorageUp ? 1 : 0),
    gauge("pq_consumers", "Consumers of this process that live, by state.", byState),
    gauge(
      "pq_consumer_slots",
      "Consumers that this process should have: the setting CONSUMERS.",
      consumers.length,
    ),
    counter("pq_consumer_restarts_total", "Consumers that had to be replaced.", restarts),
    gauge("pq_wedged", "Threads that could not be ended.", wedged),
    gauge("pq_start_time_seconds", "When the system started, in seconds since 1970.", startedAt / 1000),
    gauge("pq_memory_bytes", "Resident memory of the process.", memoryBytes),
  ];
}

/** One number, or one for each combination of labels. */
type Measured = number | readonly Sample[];

function gauge(name: string, help: string, measured: Measured): Metric {
  return { name, type: "gauge", help, samples: samplesOf(measured) };
}

function counter(name: string, help: string, measured: Measured): Metric {
  return { name, type: "counter", help, samples: samplesOf(measured) };
}

function samplesOf(measured: Measured): readonly Sample[] {
  return typeof measured === "number" ? [{ value: measured }] : measured;
}

function textOf({ name, type, help, samples }: Metric): string {
  const lines = samples.map(({ series = "", labels, value }) =>
    `${name}${series}${labelsOf(labels)} ${value}\n`
  );
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelsOf(labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => character === "\n" ? "\\n" : `\\${character}`);
}
