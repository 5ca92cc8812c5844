/** The store on Redis: each verb is one script, which the server runs as a whole. */
import { StorageError } from "../errors.ts";
import type { Capabilities, JobPage, JobQuery, PruneRequest, Store } from "../store.ts";
import { toText } from "../sql/rows.ts";
import { claim } from "./claim.ts";
import type { Client } from "./client.ts";
import type { Durability } from "./durability.ts";
import { factsOn, removeExpired } from "./facts.ts";
import { insert } from "./insert.ts";
import { move } from "./move.ts";
import { dump, restore } from "./portable.ts";
import { check, get, getMany, list, orphans, stats } from "./read.ts";
import { items } from "./replies.ts";
import type { ServerClock } from "../basics/server_clock.ts";
import type { Session } from "./session.ts";
import { renew, settle } from "./settle.ts";
import { listLine } from "./waiting_line.ts";

export interface StoreParts {
  readonly client: Client;
  readonly session: Session;
  readonly durability: Durability;
  readonly clock: ServerClock<"">;
}

/** A server that has just answered is not asked again. */
const PROBE_MS = 400;

export class RedisStore implements Store {
  readonly now: () => number;
  readonly takesCallsInOrder = true;
  readonly capabilities: Capabilities;
  readonly #client: Client;
  readonly #session: Session;
  readonly #durability: Durability;
  readonly #clock: ServerClock<"">;
  /** The kinds that the last claim asked for. */
  #kinds: readonly string[] | null = null;
  #probedAt = -Infinity;
  readonly #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | null = null;

  constructor({ client, session, durability, clock }: StoreParts) {
    this.now = () => clock.now();
    [this.#client, this.#session, this.#durability, this.#clock] = [client, session, durability, clock];
    this.capabilities = {
      backup: {
        reason: "A queue on Redis is backed up with the server's own means: copy its snapshot or its log.",
      },
      deepCheck: {
        reason: "The files of Redis are checked with the server's own tools, such as redis-check-aof.",
      },
      hosts: session.channel(client, {
        run: (work) => this.#open(work),
        assertOpen: () => this.#assertOpen(),
      }),
      facts: factsOn(client, (work) => this.#open(() => work(clock.given()))),
    };
  }

  insert: Store["insert"] = (jobs) => this.#open(() => insert(this.#client, jobs, this.#moment()));

  claim: Store["claim"] = (requests, { kinds, setBack = null } = {}) =>
    this.#open(async () => {
      const { process } = this.#session;
      const moment = { ...this.#moment(), process, setBack, ...(kinds === undefined ? {} : { kinds }) };
      if (kinds !== undefined) await this.#noteKinds(kinds);
      return await claim(this.#client, requests, moment);
    });

  renew: Store["renew"] = (leases) => this.#open(() => renew(this.#client, leases, this.#clock.given()));

  settle: Store["settle"] = (settlements) =>
    this.#open(() => settle(this.#client, settlements, this.#moment()));

  move: Store["move"] = (verb, ids, by) =>
    this.#open(() => move(this.#client, { verb, ids, by, ...this.#moment() }));

  orphans: Store["orphans"] = (request) =>
    this.#open(() => orphans(this.#client, request, this.#clock.given()));

  prune: Store["prune"] = (request) => this.#open(() => this.#prune(request));

  join: Store["join"] = (process) =>
    this.#open(async () => {
      await this.#session.join(this.#client, process, this.#clock.given());
      this.#kinds = null;
    });

  beat: Store["beat"] = (view) =>
    this.#open(() => this.#session.beat(this.#client, this.#clock.given(), view));

  leave: Store["leave"] = (id) => this.#open(async () => void await this.#client.run("leave", [id]));

  processes: Store["processes"] = ({ silentForMs }) =>
    this.#open(() => this.#session.processes(this.#client, silentForMs, this.#clock.given()));

  get: Store["get"] = (id, how) => this.#open(() => get(this.#client, id, how));

  getMany: Store["getMany"] = (seqs, how) => this.#open(() => getMany(this.#client, seqs, how));

  list: Store["list"] = (query) => this.#open(() => this.#list(query));

  stats: Store["stats"] = ({ silentForMs }) =>
    this.#open(async () => ({
      ...await stats(this.#client, { time: this.#clock.given(), kinds: this.#kinds, silentForMs }),
      warnings: this.#durability.warnings,
    }));

  dump: Store["dump"] = (request) => this.#open(() => dump(this.#client, request));

  restore: Store["restore"] = (jobs) =>
    this.#open(() => restore(this.#client, jobs, { writer: this.#session.name }));

  watch(onChange: () => void): Disposable {
    this.#assertOpen();
    return this.#session.watch(onChange);
  }

  probe(): Promise<void> {
    return this.#open(async () => {
      this.#client.assertListening();
      if (performance.now() - this.#probedAt < PROBE_MS) return;
      await this.#clock.look(async () => {
        const [seconds, micros] = items(await this.#client.command("TIME")).map(Number);
        return (seconds ?? NaN) * 1_000 + (micros ?? NaN) / 1_000;
      });
      await this.#client.command("SET", this.#client.key("probe"), "written");
      await this.#durability.look(this.#client);
      this.#probedAt = performance.now();
    });
  }

  check: Store["check"] = () => this.#open(() => check(this.#client));

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** What was begun is completed. */
  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    this.#session.close();
    this.#client.close();
  }

  #assertOpen(): void {
    if (this.#closed !== null) throw new StorageError("The queue is closed: nothing more can be read.");
  }

  async #open<T>(work: () => Promise<T>): Promise<T> {
    this.#assertOpen();
    const running = work();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** When a write happens, and who makes it. */
  #moment() {
    return { time: this.#clock.given(), writer: this.#session.name };
  }

  /** Other processes do not report a kind as unknown that has a handler here. */
  async #noteKinds(kinds: readonly string[]): Promise<void> {
    if (kinds === this.#kinds) return;
    this.#kinds = kinds;
    const { process } = this.#session;
    if (process !== null) await this.#client.run("noteKinds", [process, JSON.stringify(kinds)]);
  }

  /** The oldest come first, so the next step begins where this one did: what it found is gone. */
  async #prune({ olderThanMs, after, limit }: PruneRequest): Promise<{ removed: string[]; next: number }> {
    const { time, writer } = this.#moment();
    if (after === 0) await removeExpired(this.#client, time);
    const removed = items(await this.#client.run("prune", [time, writer, olderThanMs, limit])).map(toText);
    return { removed, next: removed.length < limit ? 0 : after + 1 };
  }

  async #list(query: JobQuery): Promise<JobPage> {
    if (query.line !== true) return await list(this.#client, query, this.now());
    const { limit, due, cursor } = query;
    const known = items(await this.#client.run("knownKinds", [])).flatMap((kinds): string[] =>
      JSON.parse(String(kinds))
    );
    const areKnown = known.length > 0 || this.#kinds !== null;
    const kinds = areKnown ? [...known, ...this.#kinds ?? []] : null;
    return await listLine(this.#client, { limit, due, cursor, kinds, time: this.#clock.given() });
  }
}
