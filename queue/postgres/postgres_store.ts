/** The store on PostgreSQL. Each verb is one statement where possible, and so one transaction and one round trip. */
import { type CopyMark, copyMarkAmong } from "../copy_mark.ts";
import { Calls } from "../storing/calls.ts";
import { NotedKinds } from "../storing/noted_kinds.ts";
import { toOrphan } from "../storing/rows.ts";
import type { Lease } from "../job.ts";
import { type ClockSetBack, FollowedRollbacks } from "../policy/clock_rollback.ts";
import type { Added } from "../roles.ts";
import type { Capabilities } from "../capabilities.ts";
import type { Settlement } from "../ending.ts";
import type { ClaimAnswer, ClaimRequest, NewJob, OrphanRequest, Refused, Store } from "../store.ts";
import { Changes } from "./changes.ts";
import { claim, type ClaimContext, mergeAnswers } from "./claim.ts";
import { claimDespiteRefusals } from "./claim_apart.ts";
import type { Client, Row } from "./client.ts";
import { ExpensiveQuery } from "./expensive_query.ts";
import { factsOn, removeExpired } from "./facts.ts";
import { sharedInserts } from "./insert.ts";
import { move } from "./move.ts";
import { orphansOfDead } from "./orphans.ts";
import { dump, restore } from "./portable.ts";
import { check, get, getMany, list, listLine, prune, type ReadContext, serverTime, stats } from "./read.ts";
import { READING } from "./read_statements.ts";
import { RefusedClaims } from "../storing/refused_claims.ts";
import type { ServerClock } from "../basics/server_clock.ts";
import type { Session } from "./session.ts";
import { isCompletion, MAX_WEIGHT, renew, settle, weighCompletion } from "./settle.ts";
import { SharedStatement } from "./shared_statement.ts";
import { LineHeads } from "./line_heads.ts";
import { CLAIMING, UPKEEP } from "./statements.ts";

export interface StoreParts {
  readonly client: Client;
  readonly session: Session;
  readonly clock: ServerClock<null>;
}

/** The limit of one statement that several calls share. */
const MAX_LEASES = 1_600;
/** A server that has just answered is not probed again. */
const PROBE_MS = 400;
/** Calls in flight get this long to end when the store closes. */
const CLOSE_MS = 5_000;

export class PostgresStore implements Store {
  readonly now: () => number;
  readonly shownTime: () => number;
  readonly capabilities: Capabilities;
  readonly copyMark: CopyMark;
  readonly takesCallsInOrder = false;
  readonly maxPrefetch = 512;
  readonly #client: Client;
  readonly #session: Session;
  readonly #clock: ServerClock<null>;
  readonly #changes: Changes;
  readonly #insert: (jobs: readonly NewJob[]) => Promise<(Added | Refused)[]>;
  readonly #claims: SharedStatement<ClaimRequest, ClaimAnswer>;
  readonly #renewals: SharedStatement<Lease, boolean>;
  readonly #completions: SharedStatement<Settlement, boolean>;
  readonly #kinds: NotedKinds;
  readonly #heads: LineHeads;
  readonly #refused = new RefusedClaims();
  readonly #rollbacks = new FollowedRollbacks();
  readonly #oldestAndSilent = new ExpensiveQuery<Row[]>();
  #probedAt = -Infinity;
  readonly #calls = new Calls();
  #closed: Promise<void> | null = null;

  constructor({ client, session, clock }: StoreParts) {
    this.now = () => clock.now();
    this.shownTime = () => clock.shownTime();
    [this.#client, this.#session, this.#clock] = [client, session, clock];
    this.#kinds = new NotedKinds(async (kinds) => {
      if (session.process !== null) await client.query(CLAIMING.noteKinds, [session.process, kinds]);
    });
    this.#changes = new Changes(client, session.name);
    this.#heads = new LineHeads({ client });
    this.#insert = sharedInserts(client, () => clock.given());
    this.#claims = new SharedStatement({
      run: (requests) =>
        claim(client, requests, { ...this.#claimContext(this.#kinds.last, null), heads: this.#heads }),
      ...{ weigh: ({ limit }) => limit, maxWeight: MAX_LEASES },
    });
    this.#renewals = new SharedStatement({
      run: (leases) => renew(client, leases, clock.given()),
      ...{ weigh: () => 1, maxWeight: MAX_LEASES },
    });
    this.#completions = new SharedStatement({
      run: (completions) => settle(client, completions, clock.given()),
      ...{ weigh: weighCompletion, maxWeight: MAX_WEIGHT },
    });
    const facts = factsOn(client, (work) => this.#calls.run(() => work(clock.given())));
    this.copyMark = copyMarkAmong(facts);
    this.capabilities = {
      backup: { reason: "A queue on PostgreSQL is backed up with the server's own tools, such as pg_dump." },
      deepCheck: { reason: "The pages of PostgreSQL are checked with the server's own tool, pg_amcheck." },
      hosts: session.channel(client, this.#calls),
      facts,
    };
  }

  insert: Store["insert"] = (jobs) => this.#write(() => this.#insert(jobs), (results) => results.length > 0);

  claim: Store["claim"] = async (requests, { kinds, setBack = null } = {}) => {
    this.#calls.assertOpen();
    if (kinds !== undefined) await this.#kinds.note(kinds);
    // A claim that differs from the others is a statement of its own.
    const isUsual = setBack === null && kinds !== undefined && requests.some(({ suspect }) => !suspect);
    const context = () => this.#claimContext(kinds ?? null, setBack);
    const alone = () => claim(this.#client, requests, context());
    const usual = async () => mergeAnswers(await (isUsual ? this.#claims.call(requests) : alone()));
    const apart = { requests, context, refused: this.#refused, now: this.now };
    const answer = () => this.#session.whileClaiming(claimDespiteRefusals(this.#client, usual, apart));
    return await this.#write(answer, ({ claimed }) => claimed.length > 0);
  };

  #claimContext(kinds: readonly string[] | null, setBack: ClockSetBack | null): ClaimContext {
    const [time, { process }, aside] = [this.#clock.given(), this.#session, this.#refused.seqs];
    return { time, process, kinds, setBack, heads: null, aside, rollbacks: this.#rollbacks };
  }

  renew: Store["renew"] = (leases) => this.#write(() => this.#renewals.call(leases), () => false);

  settle: Store["settle"] = (settlements) =>
    this.#write(
      (time) =>
        settlements.every(isCompletion)
          ? this.#completions.call(settlements)
          : settle(this.#client, settlements, time),
      (held) => held.includes(true),
    );

  move: Store["move"] = (verb, ids, by) =>
    this.#write((time) => move(this.#client, { verb, ids, time, by }), (moved) => moved.length > 0);

  orphans: Store["orphans"] = (request) =>
    this.#calls.run(async () => (await this.#orphanRows(request)).map(toOrphan));

  prune: Store["prune"] = (request) =>
    this.#write(async (time) => {
      if (request.after === 0) await removeExpired(this.#client, time);
      return await prune(this.#client, request, time);
    }, ({ removed }) => removed.length > 0);

  join: Store["join"] = (process) =>
    this.#calls.run(async () => {
      await this.#session.join(process, this.#clock.given());
      await this.#kinds.noteAgain();
    });

  beat: Store["beat"] = (view) => this.#withDeadline(() => this.#session.beat(this.#clock.given(), view));

  leave: Store["leave"] = (id) => this.#withDeadline(() => this.#session.leave(this.#client, id));

  processes: Store["processes"] = (query) =>
    this.#withDeadline(() => this.#session.processes(this.#client, query, this.#clock.given()));

  get: Store["get"] = (id, how) => this.#calls.run(() => get(this.#client, id, how));

  getMany: Store["getMany"] = (seqs, how) => this.#calls.run(() => getMany(this.#client, seqs, how));

  list: Store["list"] = (query) =>
    this.#calls.run(async () =>
      query.line
        ? await listLine(this.#client, query, await this.#readContext())
        : await list(this.#client, query, this.now())
    );

  stats: Store["stats"] = ({ silentForMs }) =>
    this.#calls.run(async () => {
      const known = { oldestAndSilent: this.#oldestAndSilent, refused: this.#refused, silentForMs };
      return await stats(this.#client, { ...await this.#readContext(), ...known });
    });

  dump: Store["dump"] = (request) => this.#calls.run(() => dump(this.#client, request));

  restore: Store["restore"] = (jobs) => this.#write(() => restore(this.#client, jobs), () => true);

  watch(onChange: () => void): Disposable {
    this.#calls.assertOpen();
    return this.#session.watch(onChange);
  }

  probe(): Promise<void> {
    if (performance.now() - this.#probedAt < PROBE_MS) return this.#calls.run(() => Promise.resolve());
    return this.#withDeadline(() => this.#probe());
  }

  /** For calls that a supervisor makes all the time, by which it notices that the server is silent. */
  #withDeadline<T>(work: () => Promise<T>): Promise<T> {
    return this.#calls.run(() => this.#session.withTimeout(work(), this.#client));
  }

  async #probe(): Promise<void> {
    await Promise.all([
      this.#session.beatIfDue(this.#clock.given()).then(() => this.#session.assertNotLocked()),
      this.#clock.look(() => serverTime(this.#client)),
    ]);
    this.#probedAt = performance.now();
  }

  check: Store["check"] = () => this.#calls.run(() => check(this.#client));

  close(): Promise<void> {
    return this.#closed ??= this.#close();
  }

  async #close(): Promise<void> {
    await this.#calls.close(CLOSE_MS);
    await this.#changes.close();
    await Promise.all([this.#client.close(), this.#session.close()]);
  }

  /** `hasChanged`: whether the other processes are notified. */
  async #write<T>(
    work: (time: number | null) => Promise<T>,
    hasChanged: (result: T) => boolean,
  ): Promise<T> {
    const result = await this.#calls.run(() => work(this.#clock.given()));
    if (hasChanged(result)) this.#changes.note();
    return result;
  }

  async #readContext(): Promise<ReadContext> {
    const [row] = await this.#client.query(READING.knownKinds, []);
    const noted = Array.isArray(row?.kinds) ? row.kinds.map(String) : [];
    return { now: this.now(), kinds: this.#kinds.with(noted) };
  }

  async #orphanRows(request: OrphanRequest): Promise<Row[]> {
    if (!("alive" in request)) return await orphansOfDead(this.#client, request);
    const { alive: { agoMs, aheadMs }, held, limit } = request;
    return await this.#client.query(UPKEEP.orphansOfSilent, [
      ...[this.#clock.given(), agoMs, aheadMs],
      ...[held.map(({ seq }) => seq), held.map(({ lease }) => lease), this.#session.process, limit],
      this.#session.isInTouch,
    ]);
  }
}
