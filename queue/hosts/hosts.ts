/** The other processes on the queue: what they show of themselves, and which orders this one sends them. */
import { printable } from "../basics/text.ts";
import { hostChannel } from "../capabilities.ts";
import { meanOf, noEvents } from "../inspecting/counters.ts";
import type { Presence } from "../maintenance/presence.ts";
import type { QueueParts } from "../options.ts";
import type { Rates } from "../queue_stats.ts";
import type { Inspector, Operator, Presenter } from "../roles.ts";
import type { ProcessRow } from "../store.ts";
import type { HostView } from "../system_view.ts";
import { orderText, readOrder } from "./orders.ts";
import { readView, type ViewOfHost, viewText } from "./view_text.ts";

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
  readonly hosts: readonly HostView[];
  /** Of all hosts. */
  readonly kinds: readonly string[];
}

export class Hosts implements Roles {
  readonly #parts: QueueParts;
  readonly #shared: Shared;
  /** What was read from these rows, cached because a page asks for the same several times. */
  #seen: Seen;

  constructor(parts: QueueParts, shared: Shared) {
    this.#parts = parts;
    this.#shared = shared;
    this.#seen = { rows: [], hosts: [], kinds: parts.options.kinds };
  }

  present: Presenter["present"] = ({ view, onOrder }) => {
    const { store } = this.#parts;
    const { presence, history } = this.#shared;
    const channel = hostChannel(store);
    if (channel === null) return { [Symbol.dispose]: () => {} };
    presence.show(() => viewText({ view: view(), viewedAt: store.now(), history: history() }));
    const listening = channel.listen((text) => onOrder(readOrder(text)));
    return {
      [Symbol.dispose]: () => {
        presence.show(null);
        listening[Symbol.dispose]();
      },
    };
  };

  get hosts(): readonly HostView[] {
    return this.#look().hosts;
  }

  /** The kinds for which some host has a handler; those of this one come first. */
  get kinds(): readonly string[] {
    return this.#look().kinds;
  }

  kindsByNow: Inspector["kindsByNow"] = async () => {
    if (hostChannel(this.#parts.store) !== null) await this.#shared.presence.look();
    return this.kinds;
  };

  #look(): Seen {
    const { seen: { rows, at }, id } = this.#shared.presence;
    if (hostChannel(this.#parts.store) !== null && rows !== this.#seen.rows) {
      const names = namesOf(rows);
      const others = rows.filter((row) => row.id !== id && !row.isDead);
      const kinds = [...this.#parts.options.kinds, ...others.flatMap((row) => row.kinds).sort()];
      this.#seen = {
        rows,
        hosts: others.map((row) => toHost(row, names.get(row.id) ?? "", at)),
        kinds: [...new Set(kinds)],
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

function toHost(row: ProcessRow, name: string, lookedAt: number): HostView {
  const { id, pid, version, startedAt, seenAt } = row;
  const { view, viewedAt, history } = readView(row.view, seenAt);
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
