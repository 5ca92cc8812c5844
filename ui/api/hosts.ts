/** What all hosts of one queue look like together. On a backend for one host it looks as if there were no hosts at all. */
import type {
  ConsumerView,
  HostView,
  Inspector,
  QueueStats,
  Rates,
  SystemView,
} from "@persistent-queue/queue";

export type HostsSource = Pick<Inspector, "hosts" | "hostName" | "isShared">;

/** A process shows itself twice a second: one that is silent for longer is held up, or cut off. */
const QUIET_MS = 3_000;

/** Where there may be several hosts, each consumer has the name of its own. */
export function consumersOnWire(view: SystemView, { isShared, hosts, hostName }: HostsSource) {
  if (!isShared) return view.consumers.map((consumer) => consumerOnWire(consumer));
  return [
    ...view.consumers.map((consumer) =>
      consumerOnWire(consumer, { host: hostName, agedMs: 0, takesFaults: view.takesFaults })
    ),
    ...hosts.flatMap((host) => consumersOf(host)),
  ];
}

/** Whether those of a quiet host still work is not known. */
function consumersOf(host: HostView) {
  const where = { host: host.name, agedMs: host.viewAgeMs, takesFaults: host.view?.takesFaults ?? false };
  const consumers = (host.view?.consumers ?? []).map((consumer) => consumerOnWire(consumer, where));
  return isQuiet(host) ? consumers.map((consumer) => ({ ...consumer, state: "silent" as const })) : consumers;
}

/** The name of the host where this consumer lives; null: it lives no more, or there is one host only. */
export function hostOfConsumer(
  consumerId: string | null,
  { system, queue }: { readonly system: { view(): SystemView }; readonly queue: HostsSource },
): string | null {
  if (consumerId === null) return null;
  return consumersOnWire(system.view(), queue).find(({ id }) => id === consumerId)?.host ?? null;
}

interface Whereabouts {
  readonly host: string;
  /** How old what is known of it is. */
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
  /** For how long it has not been heard of, in milliseconds; null: it is heard of all the time. */
  readonly quiet_ms: number | null;
}

/** The same order on each of them: a page may be filled by one host after the other. */
export function hostsOnWire({ isShared, hosts, hostName }: HostsSource): readonly WireHost[] {
  if (!isShared) return [];
  const others = hosts.map((host) => ({ name: host.name, quiet_ms: isQuiet(host) ? host.silentMs : null }));
  return [{ name: hostName, quiet_ms: null }, ...others].sort((a, b) => BY_NAME.compare(a.name, b.name));
}

/** "web-2" comes before "web-10". */
const BY_NAME = new Intl.Collator("en", { numeric: true });

function isQuiet({ silentMs }: HostView): boolean {
  return silentMs >= QUIET_MS;
}

/** The name of its host before each sentence; without those that this process says itself. */
export function warningsElsewhere(own: SystemView, { hosts }: Pick<HostsSource, "hosts">): string[] {
  const said = [own.trouble, ...own.warnings];
  return hosts.flatMap((host) => {
    // Without the seconds, which would be another warning each time. What it said last may be over.
    if (isQuiet(host)) return [`${host.name}: this host has not been heard of for some seconds.`];
    const { trouble = null, warnings = [] } = host.view ?? {};
    const sentences = [...new Set([...(trouble === null ? [] : [trouble]), ...warnings])];
    return sentences.filter((one) => !said.includes(one)).map((one) => `${host.name}: ${one}`);
  });
}

export function wedgedElsewhere({ hosts }: Pick<HostsSource, "hosts">): number {
  return hosts.reduce((sum, { view }) => sum + (view?.wedged ?? 0), 0);
}

/** What happens per second through all processes. */
export function ofAllHosts(
  own: Pick<QueueStats, "rates" | "history">,
  hosts: readonly HostView[],
): Pick<QueueStats, "rates" | "history"> {
  const heard = hosts.filter((host) => !isQuiet(host));
  if (heard.length === 0) return { rates: own.rates, history: own.history };
  return {
    rates: sumOf([own.rates, ...heard.map(({ rates }) => rates)]),
    // By their distance from the present: the last entry of each is of the same second.
    history: own.history.map((rates, i, { length }) =>
      sumOf([rates, ...heard.flatMap(({ history }) => history.at(i - length) ?? [])])
    ),
  };
}

function sumOf(list: readonly Rates[]): Rates {
  const sum = (name: keyof Rates) => rounded(list.reduce((total, rates) => total + rates[name], 0));
  return { added: sum("added"), completed: sum("completed"), failed: sum("failed") };
}

/** Tenths do not add up exactly. */
function rounded(rate: number): number {
  return Math.round(rate * 100) / 100;
}
