/** The other processes on the queue: what they show of themselves, and which orders this one sends them. */
import { printable } from "../basics/text.ts";
import { hostChannel } from "../capabilities.ts";
import { meanOf, noEvents } from "../inspecting/counters.ts";
import type { Presence } from "../maintenance/presence.ts";
import type { QueueParts } from "../options.ts";
import type { Rates } from "../queue_stats.ts";
import type { Inspector, Operator, Presenter } from "../roles.ts";
import type { ProcessRow } from "../processes.ts";
import type { HostView } from "../system_view.ts";
import { orderText, readOrder } from "./orders.ts";
import { kindsText, readView, type ViewOfHost, viewText } from "./view_text.ts";

const LONGEST_NAME = 100;

interface Shared {
  readonly presence: Presence;
  /** Counts per second of the last minute. */
  readonly history: () => readonly Rates[];
}

type Roles =
  & Presenter
  & Pick<Inspector, "hosts" | "hostName" | "kinds" | "kindsByNow">
  & Pick<Operator, "orderFault">;

interface Seen {
  readonly rows: readonly ProcessRow[];
  readonly isWorking: boolean;
  readonly hosts: readonly HostView[];
  readonly kinds: readonly string[];
  readonly includesOwnKinds: boolean;
}

export class Hosts implements Roles {
  readonly #parts: QueueParts;
  readonly #shared: Shared;
  /** What was read from these rows, cached because a page asks for the same several times. */
  #seen: Seen;

  constructor(parts: QueueParts, shared: Shared) {
    this.#parts = parts;
    this.#shared = shared;
    const { options: { kinds }, store } = parts;
    if (hostChannel(store) === null) shared.presence.show(() => kindsText(kinds));
    this.#seen = { rows: [], isWorking: false, hosts: [], kinds, includesOwnKinds: true };
  }

  present: Presenter["present"] = ({ view, onOrder }) => {
    const { store, options: { kinds } } = this.#parts;
    const { presence, history } = this.#shared;
    const channel = hostChannel(store);
    if (channel === null) return { [Symbol.dispose]: () => {} };
    presence.show(() => viewText({ view: view(), viewedAt: store.now(), history: history(), kinds }));
    const listening = channel.listen((text) => onOrder(readOrder(text)));
    return {
      [Symbol.dispose]: () => {
        presence.show(null);
        listening[Symbol.dispose]();
      },
    };
  };

  get hosts(): readonly HostView[] {
    const { hosts } = this.#current();
    // While the storage is away, what was read last grows old.
    return hosts.map((host) => ({ ...host, viewAgeMs: host.viewAgeMs + this.#shared.presence.seenForMs }));
  }

  /** The kinds for which some host has a handler; those of this one come first. */
  get kinds(): readonly string[] {
    return this.#current().kinds;
  }

  /**
   * False: this process is a command beside a running system, which may have been started with other handlers than the
   * command finds.
   */
  get includesOwnKinds(): boolean {
    return this.#current().includesOwnKinds;
  }

  get hasLooked(): boolean {
    return this.#shared.presence.hasLooked;
  }

  kindsByNow: Inspector["kindsByNow"] = async () => {
    await this.#shared.presence.look();
    return this.kinds;
  };

  /** Read again only if the rows have changed, or this process has begun to work on the queue. */
  #current(): Seen {
    const { seen: { rows, at }, id, isWorking } = this.#shared.presence;
    if (rows !== this.#seen.rows || isWorking !== this.#seen.isWorking) {
      const names = namesOf(rows);
      const others = rows.filter((row) => row.id !== id && !row.isDead)
        .map((row) => ({ row, ...readView(row.view, row.seenAt) }));
      // A host shows its kinds with its second heartbeat at the latest, and those that it claims with its first claim.
      const kinds = others.flatMap((one) => [...one.kinds, ...one.row.kinds]).sort();
      const includesOwnKinds = isWorking || kinds.length === 0;
      const isShared = hostChannel(this.#parts.store) !== null;
      this.#seen = {
        ...{ rows, isWorking, includesOwnKinds },
        hosts: isShared ? others.map((one) => toHost(one, names.get(one.row.id) ?? "", at)) : [],
        kinds: [...new Set([...(includesOwnKinds ? this.#parts.options.kinds : []), ...kinds])],
      };
    }
    return this.#seen;
  }

  get hostName(): string {
    const { seen: { rows }, id, host } = this.#shared.presence;
    return namesOf(rows).get(id ?? "") ?? host;
  }

  orderFault: Operator["orderFault"] = async (consumerId, fault, by) => {
    const { store, health } = this.#parts;
    const runsIt = ({ view }: HostView) => view?.consumers.some(({ id }) => id === consumerId) ?? false;
    const host = consumerId === "" ? undefined : this.hosts.find(runsIt);
    const channel = hostChannel(store);
    if (host === undefined || channel === null) return false;
    const order = { type: "fault", consumerId, fault, by: `${by} at ${this.hostName}` } as const;
    return await health.observe(channel.send(host.id, orderText(order)));
  };
}

/** By id. Processes on one host are told apart by their pids, and containers with the same name and pid by their ids. */
function namesOf(rows: readonly ProcessRow[]): ReadonlyMap<string, string> {
  const living = rows.filter(({ isDead }) => !isDead);
  return new Map(living.map(({ id, host, pid }) => {
    const namesakes = living.filter((other) => other.host === host);
    const isUnique = namesakes.filter((other) => other.pid === pid).length === 1;
    const name = printable(host, { maxLength: LONGEST_NAME });
    if (namesakes.length === 1) return [id, name];
    return [id, `${name} (pid ${pid}${isUnique ? "" : `, ${printable(id.slice(0, 8))}`})`];
  }));
}

function toHost(
  { row, view, viewedAt, history }: ViewOfHost & { readonly row: ProcessRow },
  name: string,
  lookedAt: number,
): HostView {
  const { id, pid, version, startedAt, seenAt } = row;
  return {
    ...{ id, name, pid, startedAt, seenAt },
    version: printable(version, { maxLength: LONGEST_NAME }),
    silentMs: Math.max(0, lookedAt - seenAt),
    view,
    viewAgeMs: Math.max(0, lookedAt - viewedAt),
    rates: meanOf(history),
    history: shiftedTo(lookedAt, { history, viewedAt }),
  };
}

/** Shifts the history to the current second: the seconds since the view was made are still empty. */
function shiftedTo(
  now: number,
  { history, viewedAt }: Pick<ViewOfHost, "history" | "viewedAt">,
): readonly Rates[] {
  const passed = Math.max(0, secondOf(now) - secondOf(viewedAt));
  const empty = Array.from({ length: Math.min(passed, history.length) }, noEvents);
  return [...history.slice(empty.length), ...empty];
}

function secondOf(time: number): number {
  return Math.floor(time / 1_000);
}
