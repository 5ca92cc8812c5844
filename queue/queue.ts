/**
 * The queue: every rule, stated once, above a store that only moves state. Each folder beside this file has the rules
 * of one role; `policy/` decides what an ending or a death means, and events report what happened. Each part of the
 * system gets the queue as the role that it needs (`roles.ts`).
 */
import { Adding } from "./adding/adding.ts";
import {
  backUp,
  hostChannel,
  type MissingCapabilities,
  missingCapabilities,
  type SharedByHosts,
  sharedByHosts,
} from "./capabilities.ts";
import { assertNoUnfinishedCopy } from "./copy_mark.ts";
import { ClockRollback } from "./policy/clock_rollback.ts";
import { Consuming } from "./consuming/consuming.ts";
import { Events } from "./events.ts";
import { Hosts } from "./hosts/hosts.ts";
import { StorageHealth } from "./health.ts";
import { Inspecting } from "./inspecting/inspecting.ts";
import { LastStats } from "./inspecting/last_stats.ts";
import { RunTimeTotals, Totals } from "./inspecting/counters.ts";
import { Maintenance } from "./maintenance/maintenance.ts";
import { Presence } from "./maintenance/presence.ts";
import { RequestRecord } from "./maintenance/request_record.ts";
import { Operating } from "./operating/operating.ts";
import type { QueueOptions, QueueParts } from "./options.ts";
import type * as roles from "./roles.ts";
import type { Store } from "./store.ts";
import { verify } from "./maintenance/verify.ts";

type Role =
  & roles.Consumer
  & roles.Maintainer
  & roles.Presenter
  & roles.Sharer
  & roles.Inspector
  & roles.Operator
  & roles.Admin;

export class Queue implements Role {
  readonly stallMs: number;
  /** What this backend cannot do, with the reasons. */
  readonly missing: MissingCapabilities;
  readonly shared: SharedByHosts | null;
  readonly #parts: QueueParts;
  readonly #requests: RequestRecord;
  readonly #last: LastStats;
  readonly #presence: Presence;
  readonly #adding: Adding;
  readonly #consuming: Consuming;
  readonly #maintenance: Maintenance;
  readonly #inspecting: Inspecting;
  readonly #operating: Operating;
  readonly #hosts: Hosts;

  constructor(store: Store, options: QueueOptions) {
    this.stallMs = options.stallMs;
    this.missing = missingCapabilities(store);
    this.shared = sharedByHosts(store);
    const events = new Events();
    const health = new StorageHealth((error) =>
      events.emit({ type: "storage", trouble: error?.message ?? null })
    );
    const clock = new ClockRollback(() => store.shownTime());
    const counters = { totals: new Totals(options.kinds), runTimes: new RunTimeTotals(options.kinds) };
    this.#parts = { store, options, clock, events, health, ...counters };
    this.#requests = new RequestRecord({ path: options.requestRecord ?? null, now: store.now });
    this.#last = new LastStats(this.#parts);
    this.#presence = new Presence(this.#parts, this.#requests);
    this.#consuming = new Consuming(this.#parts, this.#presence);
    this.#maintenance = new Maintenance(this.#parts, {
      requests: this.#requests,
      last: this.#last,
      presence: this.#presence,
    });
    this.#inspecting = new Inspecting(this.#parts, this.#last);
    this.#operating = new Operating(this.#parts, this.#inspecting);
    const history = () => this.#inspecting.history();
    this.#hosts = new Hosts(this.#parts, { presence: this.#presence, history });
    this.#adding = new Adding(this.#parts, this.#hosts);
  }

  /**
   * Called before anything else. With `joins`, and on a backend for several hosts, it joins first.
   * @throws {UnfinishedCopy}
   */
  async enter({ joins }: { readonly joins: boolean }): Promise<void> {
    const { store } = this.#parts;
    if (joins && hostChannel(store) !== null) await this.#presence.joinIfPossible();
    await assertNoUnfinishedCopy(store);
  }

  // Enqueuer
  add: Role["add"] = (...args) => this.#adding.add(...args);

  // Consumer
  get maxPrefetch(): number {
    return this.#consuming.maxPrefetch;
  }
  now: Role["now"] = () => this.#consuming.now();
  claim: Role["claim"] = (...args) => this.#consuming.claim(...args);
  claimAfter: Role["claimAfter"] = (...args) => this.#consuming.claimAfter(...args);
  claimExcept: Role["claimExcept"] = (...args) => this.#consuming.claimExcept(...args);
  renew: Role["renew"] = (...args) => this.#consuming.renew(...args);
  settle: Role["settle"] = (...args) => this.#consuming.settle(...args);

  // Maintainer
  sweep: Role["sweep"] = (...args) => this.#maintenance.sweep(...args);
  recover: Role["recover"] = () => this.#maintenance.recover();
  prune: Role["prune"] = () => this.#maintenance.prune();
  verify: Role["verify"] = (...args) => this.#maintenance.verify(...args);
  watch: Role["watch"] = () => this.#maintenance.watch();
  probe: Role["probe"] = (...args) => this.#maintenance.probe(...args);
  present: Role["present"] = (...args) => this.#hosts.present(...args);

  // Inspector
  get: Role["get"] = (...args) => this.#inspecting.get(...args);
  getMany: Role["getMany"] = (...args) => this.#inspecting.getMany(...args);
  list: Role["list"] = (...args) => this.#inspecting.list(...args);
  stats: Role["stats"] = () => this.#inspecting.stats();
  kindsByNow: Role["kindsByNow"] = () => this.#hosts.kindsByNow();
  subscribe: Role["subscribe"] = (...args) => this.#parts.events.subscribe(...args);

  get revision(): number {
    return this.#parts.events.revision;
  }

  get trouble(): string | null {
    return this.#parts.health.trouble?.message ?? null;
  }

  get publicTrouble(): string | null {
    return this.#parts.health.trouble?.publicMessage ?? null;
  }

  get warnings(): readonly string[] {
    return [...this.#maintenance.warnings, ...this.#last.warnings];
  }

  get version(): Role["version"] {
    return this.#parts.options.version;
  }

  get parkedKinds(): Role["parkedKinds"] {
    return this.#last.parkedKinds;
  }

  get durability(): Role["durability"] {
    return this.#last.durability;
  }

  get hosts(): Role["hosts"] {
    return this.#hosts.hosts;
  }

  get isShared(): boolean {
    return this.missing.hosts === undefined;
  }

  get kinds(): readonly string[] {
    return this.#hosts.kinds;
  }

  get hostName(): string {
    return this.#hosts.hostName;
  }

  // Operator
  move: Role["move"] = (...args) => this.#operating.move(...args);
  moveAll: Role["moveAll"] = (...args) => this.#operating.moveAll(...args);
  orderFault: Role["orderFault"] = (...args) => this.#hosts.orderFault(...args);

  // Admin
  beginRequest: Role["beginRequest"] = () => this.#requests.begin();
  backup: Role["backup"] = (...args) => backUp(this.#parts.store, ...args);

  check(options: { deep: boolean }): Promise<string[]> {
    // Without a limit of retries: those in the history may date from other settings.
    return verify(this.#parts.store, options);
  }

  async close(): Promise<void> {
    this.#requests.close(this.#consuming);
    const left = this.#presence.leave();
    await this.#parts.store.close().finally(() => this.#inspecting.whenIdle());
    await left;
  }
}
