/** The queue in numbers, as Prometheus reads them (text format 0.0.4). */
import type { QueueStats } from "@persistent-queue/queue";
import type { ConsumerState, SystemView } from "./system.ts";

interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

interface Metric {
  readonly name: string;
  readonly type: "gauge" | "counter";
  readonly help: string;
  readonly samples: readonly Sample[];
}

const STATES = [
  "starting",
  "idle",
  "working",
  "waiting",
  "stopping",
  "wedged",
  "restarting",
] as const satisfies ConsumerState[];

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** `stats` is null while the storage does not answer: what is known without it is told all the same. */
export function metricsText(stats: QueueStats | null, system: SystemView): string {
  const metrics = [...(stats === null ? [] : ofQueue(stats)), ...ofSystem(system, stats !== null)];
  return metrics.map(textOf).join("");
}

function ofQueue({ counts, ageMs, rates, fenced }: QueueStats): Metric[] {
  const byStatus = Object.entries(counts).map(([status, value]) => ({ labels: { status }, value }));
  const perSecond = Object.entries(rates).map(([event, value]) => ({ labels: { event }, value }));
  return [
    { name: "pq_jobs", type: "gauge", help: "Jobs by status.", samples: byStatus },
    gauge("pq_queue_age_seconds", "For how long the job at the head of the line has been due.", ageMs / 1000),
    {
      name: "pq_jobs_per_second",
      type: "gauge",
      help: "Jobs per second over the last ten seconds.",
      samples: perSecond,
    },
    counter("pq_fenced_total", "Late writes of workers that had lost their job.", fenced),
  ];
}

function ofSystem(
  { consumers, wedged, trouble, startedAt, memoryBytes }: SystemView,
  answers: boolean,
): Metric[] {
  const byState = STATES.map((state) => ({
    labels: { state },
    value: consumers.filter((consumer) => consumer.state === state).length,
  }));
  const sum = (field: "done" | "failed" | "restarts") =>
    consumers.reduce((total, consumer) => total + consumer[field], 0);
  return [
    gauge("pq_up", "1 while the system serves, 0 while it cannot.", trouble === null && answers ? 1 : 0),
    { name: "pq_consumers", type: "gauge", help: "Consumers by state.", samples: byState },
    counter("pq_consumer_restarts_total", "Consumers that had to be replaced.", sum("restarts")),
    gauge("pq_attempts", "Attempts finished by the consumers that live now.", sum("done")),
    gauge("pq_attempts_failed", "Those of them that failed.", sum("failed")),
    gauge("pq_wedged", "Threads that could not be ended.", wedged),
    gauge("pq_start_time_seconds", "When the system started, in seconds since 1970.", startedAt / 1000),
    gauge("pq_memory_bytes", "Resident memory of the process.", memoryBytes),
  ];
}

function gauge(name: string, help: string, value: number): Metric {
  return { name, type: "gauge", help, samples: [{ value }] };
}

function counter(name: string, help: string, value: number): Metric {
  return { name, type: "counter", help, samples: [{ value }] };
}

function textOf({ name, type, help, samples }: Metric): string {
  const lines = samples.map(({ labels, value }) => `${name}${labelsOf(labels)} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function labelsOf(labels: Readonly<Record<string, string>> = {}): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => character === "\n" ? "\\n" : `\\${character}`);
}
