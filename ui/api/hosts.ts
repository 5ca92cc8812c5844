/** A combined view of all hosts of one queue. On a backend for one host there seem to be no hosts at all. */
import type {
  ConsumerView,
  HostView,
  Inspector,
  QueueStats,
  Rates,
  SystemView,
} from "@persistent-queue/queue";

export type HostsSource = Pick<Inspector, "hosts" | "hostName" | "isShared" | "version">;

/** A process publishes its view twice a second: one that is silent for longer than this is blocked, or cut off. */
const QUIET_MS = 3_000;

/** A view that is older is not what its host does now, even if the host was heard of at the last look. */
const STALE_MS = 5_000;

/** If there may be several hosts, each consumer names its own. */
export function consumersOnWire(view: SystemView, { isShared, hosts, hostName }: HostsSource) {
  if (!isShared) return view.consumers.map((consumer) => consumerOnWire(consumer));
  return [
    ...view.consumers.map((consumer) =>
      consumerOnWire(consumer, { host: hostName, agedMs: 0, takesFaults: view.takesFaults })
    ),
    ...hosts.flatMap((host) => consumersOf(host)),
  ];
}

/** The consumers of a host that is not heard of are shown as silent: whether they still work is unknown. */
function consumersOf(host: HostView) {
  const where = { host: host.name, agedMs: host.viewAgeMs, takesFaults: host.view?.takesFaults ?? false };
  const consumers = (host.view?.consumers ?? []).map((consumer) => consumerOnWire(consumer, where));
  return unheardMs(host) !== null
    ? consumers.map((consumer) => ({ ...consumer, state: "silent" as const }))
    : consumers;
}

/** The name of the host that runs this consumer; null: the consumer is gone, or there is only one host. */
export function hostOfConsumer(
  consumerId: string | null,
  { system, queue }: { readonly system: { view(): SystemView }; readonly queue: HostsSource },
): string | null {
  if (consumerId === null) return null;
  return consumersOnWire(system.view(), queue).find(({ id }) => id === consumerId)?.host ?? null;
}

interface Whereabouts {
  readonly host: string;
  /** The age of what is known about it. */
  readonly agedMs: number;
  readonly takesFaults: boolean;
}

function consumerOnWire(consumer: ConsumerView, where?: Whereabouts) {
  const { agedMs = 0 } = where ?? {};
  const { jobId, heartbeatAgeMs } = consumer;
  return {
    ...(where === undefined ? {} : { host: where.host, takes_faults: where.takesFaults }),
    id: consumer.id,
    slot: consumer.slot,
    state: consumer.state,
    job_id: jobId,
    job_ms: jobId === null ? consumer.jobMs : consumer.jobMs + agedMs,
    waiting: consumer.waiting,
    heartbeat_age_ms: heartbeatAgeMs === null ? null : heartbeatAgeMs + agedMs,
    done: consumer.done,
    failed: consumer.failed,
    restarts: consumer.restarts,
  };
}

export type WireConsumer = ReturnType<typeof consumerOnWire>;

export interface WireHost {
  readonly name: string;
  /** For how long the host has been silent, in milliseconds; null: it is not. */
  readonly quiet_ms: number | null;
  readonly version: string;
  readonly started_at: number;
  /** Null: not known. */
  readonly memory_bytes: number | null;
}

/** In the same order on every host: a page may get its data from one host after another. */
export function hostsOnWire(
  own: Pick<SystemView, "startedAt" | "memoryBytes">,
  { isShared, hosts, hostName, version }: HostsSource,
): readonly WireHost[] {
  if (!isShared) return [];
  const others = hosts.map((host) => ({
    ...{ name: host.name, quiet_ms: unheardMs(host), version: host.version },
    ...{ started_at: host.startedAt, memory_bytes: host.view?.memoryBytes ?? null },
  }));
  const here = {
    ...{ name: hostName, quiet_ms: null, version },
    ...{ started_at: own.startedAt, memory_bytes: own.memoryBytes },
  };
  return [here, ...others].sort((a, b) => BY_NAME.compare(a.name, b.name));
}

/** "web-2" comes before "web-10". */
const BY_NAME = new Intl.Collator("en", { numeric: true });

/** For how long nothing is known of the host; null: what is known is recent. */
function unheardMs(host: HostView): number | null {
  const isStale = host.viewAgeMs >= STALE_MS;
  return isQuiet(host) || isStale ? Math.max(host.silentMs, isStale ? host.viewAgeMs : 0) : null;
}

/** As of the last look: while the storage is away, that says more than a sentence about each host would. */
function isQuiet({ silentMs }: HostView): boolean {
  return silentMs >= QUIET_MS;
}

/** Each sentence is prefixed with the name of its host; sentences that this process has as well are left out. */
export function warningsOfOtherHosts(own: SystemView, { hosts }: Pick<HostsSource, "hosts">): string[] {
  const said = [own.trouble, ...own.warnings];
  return hosts.flatMap((host) => {
    // Without the seconds, which would make it a new warning each time. Its last warnings may no longer apply.
    if (isQuiet(host)) return [`${host.name}: this host has not been heard of for some seconds.`];
    const { trouble = null, warnings = [] } = host.view ?? {};
    const sentences = [...new Set([...(trouble === null ? [] : [trouble]), ...warnings])];
    return sentences.filter((one) => !said.includes(one)).map((one) => `${host.name}: ${one}`);
  });
}

export function wedgedOnOtherHosts({ hosts }: Pick<HostsSource, "hosts">): number {
  return hosts.reduce((sum, { view }) => sum + (view?.wedged ?? 0), 0);
}

/** The rates of all processes together. */
export function ratesOfAllHosts(
  own: Pick<QueueStats, "rates" | "history">,
  hosts: readonly HostView[],
): Pick<QueueStats, "rates" | "history"> {
  const heard = hosts.filter((host) => !isQuiet(host));
  if (heard.length === 0) return { rates: own.rates, history: own.history };
  return {
    rates: sumOf([own.rates, ...heard.map(({ rates }) => rates)]),
    // Aligned at the end: the last entry of each is of the same second.
    history: own.history.map((rates, i, { length }) =>
      sumOf([rates, ...heard.flatMap(({ history }) => history.at(i - length) ?? [])])
    ),
  };
}

function sumOf(list: readonly Rates[]): Rates {
  const sum = (name: keyof Rates) => rounded(list.reduce((total, rates) => total + rates[name], 0));
  return { added: sum("added"), completed: sum("completed"), failed: sum("failed") };
}

/** Sums of tenths are not exact. */
function rounded(rate: number): number {
  return Math.round(rate * 100) / 100;
}
