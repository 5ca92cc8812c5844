/** The store on Redis: each verb is one script, which the server runs atomically. */
import { type CopyMark, copyMarkAmong } from "../copy_mark.ts";
import type { Capabilities } from "../capabilities.ts";
import type { JobPage, JobQuery, PruneRequest, Store } from "../store.ts";
import { Calls } from "../storing/calls.ts";
import { NotedKinds } from "../storing/noted_kinds.ts";
import { toText } from "../storing/rows.ts";
import { claim } from "./claim.ts";
import type { Client } from "./client.ts";
import type { DurabilityWatch } from "./durability.ts";
import { factsOn, removeExpired } from "./facts.ts";
import { insert } from "./insert.ts";
import { move } from "./move.ts";
import { orphans } from "./orphans.ts";
import { dump, restore } from "./portable.ts";
import { check, get, getMany, list, stats } from "./read.ts";
import { items } from "./replies.ts";
import type { ServerClock } from "../basics/server_clock.ts";
import { FollowedRollbacks } from "../policy/clock_rollback.ts";
import type { Session } from "./session.ts";
import { renew, settle } from "./settle.ts";
import { listLine } from "./waiting_line.ts";

export interface StoreParts {
  readonly client: Client;
  readonly session: Session;
  readonly durability: DurabilityWatch;
  readonly clock: ServerClock<"">;
}

/** A server that has just answered is not probed again. */
const PROBE_MS = 400;
/** Calls in flight get this long to end when the store closes. */
const CLOSE_MS = 5_000;

export class RedisStore implements Store {
  readonly now: () => number;
  readonly shownTime: () => number;
  readonly takesCallsInOrder = true;
  // With 512 a drain is no faster, and a page waits four times as long for the calls before it: it is one thread.
  readonly maxPrefetch = 128;
  readonly capabilities: Capabilities;
  readonly copyMark: CopyMark;
  readonly #client: Client;
  readonly #session: Session;
  readonly #durability: DurabilityWatch;
  readonly #clock: ServerClock<"">;
  readonly #kinds: NotedKinds;
  #probedAt = -Infinity;
  readonly #rollbacks = new FollowedRollbacks();
  readonly #calls = new Calls();
  #closed: Promise<void> | null = null;

  constructor({ client, session, durability, clock }: StoreParts) {
    this.now = () => clock.now();
    this.shownTime = () => clock.shownTime();
    [this.#client, this.#session, this.#durability, this.#clock] = [client, session, durability, clock];
    this.#kinds = new NotedKinds(async (kinds) => {
      if (session.process !== null) await client.run("noteKinds", [session.process, JSON.stringify(kinds)]);
    });
    const facts = factsOn(client, (work) => this.#calls.run(() => work(clock.given())));
    this.copyMark = copyMarkAmong(facts);
    this.capabilities = {
      backup: {
        reason: "A queue on Redis is backed up with the server's own means: copy its snapshot or its log.",
      },
      deepCheck: {
        reason: "The files of Redis are checked with the server's own tools, such as redis-check-aof.",
      },
      hosts: session.channel(client, this.#calls),
      facts,
    };
  }

  insert: Store["insert"] = (jobs) => this.#calls.run(() => insert(this.#client, jobs, this.#writeContext()));

  claim: Store["claim"] = (requests, { kinds, setBack = null } = {}) =>
    this.#calls.run(async () => {
      const { process } = this.#session;
      const context = {
        ...this.#writeContext(),
        process,
        setBack,
        rollbacks: this.#rollbacks,
        ...(kinds === undefined ? {} : { kinds }),
      };
      if (kinds !== undefined) await this.#kinds.note(kinds);
      return await claim(this.#client, requests, context);
    });

  renew: Store["renew"] = (leases) => this.#calls.run(() => renew(this.#client, leases, this.#clock.given()));

  settle: Store["settle"] = (settlements) =>
    this.#calls.run(() => settle(this.#client, settlements, this.#writeContext()));

  move: Store["move"] = (verb, ids, by) =>
    this.#calls.run(() => move(this.#client, { verb, ids, by, ...this.#writeContext() }));

  orphans: Store["orphans"] = (request) =>
    this.#calls.run(() => {
      const { process } = this.#session;
      return orphans(this.#client, request, { time: this.#clock.given(), process });
    });

  prune: Store["prune"] = (request) => this.#calls.run(() => this.#prune(request));

  join: Store["join"] = (process) =>
    this.#withDeadline(async () => {
      await this.#session.join(this.#client, process, this.#clock.given());
      await this.#kinds.noteAgain();
    });

  beat: Store["beat"] = (view) =>
    this.#withDeadline(() => this.#session.beat(this.#client, this.#clock.given(), view));

  leave: Store["leave"] = (id) => this.#withDeadline(async () => void await this.#client.run("leave", [id]));

  processes: Store["processes"] = (query) =>
    this.#withDeadline(() => this.#session.processes(this.#client, query, this.#clock.given()));

  get: Store["get"] = (id, how) => this.#calls.run(() => get(this.#client, id, how));

  getMany: Store["getMany"] = (seqs, how) => this.#calls.run(() => getMany(this.#client, seqs, how));

  list: Store["list"] = (query) => this.#calls.run(() => this.#list(query));

  stats: Store["stats"] = ({ silentForMs }) =>
    this.#calls.run(async () => ({
      ...await stats(this.#client, { time: this.#clock.given(), kinds: this.#kinds.last, silentForMs }),
      ...this.#durability.facts,
    }));

  dump: Store["dump"] = (request) => this.#calls.run(() => dump(this.#client, request));

  restore: Store["restore"] = (jobs) =>
    this.#calls.run(() => restore(this.#client, jobs, { writer: this.#session.name }));

  watch(onChange: () => void): Disposable {
    this.#calls.assertOpen();
    return this.#session.watch(onChange);
  }

  /** For calls that a supervisor makes all the time, by which it notices that the server is silent. */
  #withDeadline<T>(work: () => Promise<T>): Promise<T> {
    return this.#calls.run(() => this.#client.withTimeout(work()));
  }

  probe(): Promise<void> {
    return this.#withDeadline(async () => {
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

  check: Store["check"] = () => this.#calls.run(() => check(this.#client));

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  /** Calls in flight are completed. */
  async #close(): Promise<void> {
    await this.#calls.close(CLOSE_MS);
    this.#session.close();
    await this.#client.close();
  }

  /** When a write happens, and which store makes it. */
  #writeContext() {
    return { time: this.#clock.given(), writer: this.#session.name };
  }

  /** The oldest jobs come first, so the next step begins where this one did: what this one found is gone. */
  async #prune({ olderThanMs, after, limit }: PruneRequest): Promise<{ removed: string[]; next: number }> {
    const { time, writer } = this.#writeContext();
    if (after === 0) await removeExpired(this.#client, time);
    const removed = items(await this.#client.run("prune", [time, writer, olderThanMs, limit])).map(toText);
    return { removed, next: removed.length < limit ? 0 : after + 1 };
  }

  async #list(query: JobQuery): Promise<JobPage> {
    if (query.line !== true) return await list(this.#client, query, this.now());
    const { limit, due, cursor } = query;
    const noted = items(await this.#client.run("knownKinds", [])).flatMap((kinds): string[] =>
      JSON.parse(String(kinds))
    );
    const kinds = this.#kinds.with(noted);
    return await listLine(this.#client, { limit, due, cursor, kinds, time: this.#clock.given() });
  }
}
