/** Runs thousands of random operations on a store and on a model of the contract, and compares them after each. */
import assert from "node:assert/strict";
import { hostChannel } from "../../queue/capabilities.ts";
import { type Job, type Lease, OPERATOR_VERBS, STATUSES } from "../../queue/job.ts";
import { judgeDeaths } from "../../queue/policy/deaths.ts";
import type { Charge } from "../../queue/ending.ts";
import type { ProcessIdentity } from "../../queue/processes.ts";
import type { OrphanRequest, Store } from "../../queue/store.ts";
import { verify } from "../../queue/maintenance/verify.ts";
import { Model, type ModelJob } from "../support/queue/model.ts";
import { printedRandom, type Random } from "../support/random.ts";
import { at, CRASH_LIMIT, DEATH, newJob, NOW, outcomes, PROCESS, SETTLE_VERBS, settlement } from "./stage.ts";
import type { Case } from "./suite.ts";

const STEPS = 2_000;
const IDS = Array.from({ length: 24 }, (_, i) => `job ${i}`);
/** A process out of touch for longer judges no other. In the longest of these, the others sweep its silent jobs. */
const BEATS_MS = [400, 400, 1_300];
const CONSUMERS = ["c1", "c2", "c3"];

export function randomWalkCases(test: Case): void {
  test(`${STEPS} random operations through two handles leave the state that the contract demands`, async ({ store, second }) => {
    const walk = new Walk([store, await second()], printedRandom("random walk"));
    await walk.begin();
    for (let step = 0; step < STEPS; step++) await walk.step(step);
    assert.deepEqual(await verify(store, { deep: true, retryLimit: 3 }), []);
  });
}

class Walk {
  readonly #model = new Model();
  /** Every lease ever granted, so that stale leases are tried too. */
  readonly #leases: Lease[] = [];
  #now = NOW;
  /** The process of each store. */
  readonly #processes = [1, 2].map((pid) => ({ ...PROCESS, id: `process ${pid}`, pid }));
  /** When each of them beats next. */
  readonly #beatsAt = [NOW, NOW];
  /** The index of the store that this step uses. */
  #turn = 0;

  constructor(readonly stores: readonly Store[], readonly chance: Random) {}

  /** Each store belongs to a process of its own. */
  async begin(): Promise<void> {
    for (const [i, store] of this.stores.entries()) {
      await this.#join(store, this.#processes[i] as ProcessIdentity);
    }
  }

  async #join(store: Store, process: ProcessIdentity): Promise<void> {
    await at(this.#now, store).join(process);
    this.#model.join(process, this.#now);
  }

  async step(number: number): Promise<void> {
    this.#now += this.chance.below(50);
    await this.#beatWhenDue();
    this.#turn = this.chance.below(this.stores.length);
    const store = at(this.#now, this.stores[this.#turn] as Store);
    const operations = [
      this.#insert,
      this.#claim,
      this.#claim,
      this.#renew,
      this.#settle,
      this.#settle,
      this.#move,
    ];
    const operation = this.chance.chance(0.06)
      ? this.chance.pick([this.#reap, this.#prune, this.#restart])
      : this.chance.pick(operations);
    // A process that has been silent for seconds, as on a slow machine, may not take jobs from others.
    if (operation === this.#reap || this.chance.chance(0.25)) await this.#beat(store);
    const told = await operation.call(this, store);
    try {
      await this.#compare(at(this.#now, this.chance.pick(this.stores)));
    } catch (error) {
      throw new Error(`Step ${number}, ${told} (SEED=${this.chance.seed})`, { cause: error });
    }
  }

  async #beatWhenDue(): Promise<void> {
    for (const [i, store] of this.stores.entries()) {
      if (this.#now < (this.#beatsAt[i] ?? 0)) continue;
      const isThere = this.#model.beat(this.#processes[i]?.id ?? "", this.#now);
      assert.equal(await at(this.#now, store).beat(), isThere);
      this.#beatsAt[i] = this.#now + this.chance.pick(BEATS_MS);
    }
  }

  async #beat(store: Store): Promise<void> {
    await store.beat();
    this.#model.beat(this.#processes[this.#turn]?.id ?? "", this.#now);
  }

  #some<T>(list: readonly T[]): T[] {
    return Array.from({ length: 1 + this.chance.below(3) }, () => this.chance.pick(list));
  }

  async #insert(store: Store): Promise<string> {
    const jobs = this.#some(IDS).map((id) =>
      newJob(id, {
        priority: this.chance.below(3) - 1,
        runAt: this.#now + this.chance.pick([0, 0, 0, 100, -100]),
        kind: this.chance.pick(["file", "file", "mail"]),
        payload: String(this.chance.below(100)),
        replace: this.chance.chance(0.5),
      })
    );
    const inserted = await store.insert(jobs);
    assert.deepEqual(
      inserted.map((one) => one.outcome),
      jobs.map((job) => this.#model.insert(job, this.#now)),
    );
    for (const [i, { job }] of inserted.entries()) this.#model.adopt(jobs[i]?.id ?? "", job);
    return `insert ${JSON.stringify(jobs)}`;
  }

  async #claim(store: Store): Promise<string> {
    const requests = this.#some(CONSUMERS).map((consumerId) => {
      const suspect = this.chance.chance(0.3);
      return { consumerId, suspect, limit: suspect ? 1 : 1 + this.chance.below(3) };
    });
    const kinds = this.chance.pick([["file"], ["file", "mail"], ["file", "mail"]]);
    const setBack = this.chance.chance(0.05) ? { from: this.#now + 80, to: this.#now } : null;
    const answer = await store.claim(requests, { kinds, setBack });
    const [claimed, nextRunAt] = [answer.claimed, await answer.nextRunAt];
    const process = this.#processes[this.#turn]?.id ?? null;
    const host = hostChannel(store) === null ? null : String(this.#turn);
    const expected = this.#model.claim(requests, this.#now, { kinds, setBack, process, host });
    assert.deepEqual(claimed.map((one) => one.id), expected.ids);
    // A job that is not parked yet may cause a claim that finds nothing.
    const isLook = nextRunAt !== null && kinds.length === 1 && nextRunAt < (expected.nextRunAt ?? Infinity);
    if (!isLook) assert.equal(nextRunAt, expected.nextRunAt);
    for (const one of claimed) {
      this.#model.adopt(one.id, one);
      this.#leases.push(one);
    }
    return `claim ${JSON.stringify(requests)} of ${kinds}`;
  }

  async #renew(store: Store): Promise<string> {
    const leases = this.#given();
    const renewed = await store.renew(leases);
    assert.deepEqual(renewed, leases.map((lease) => this.#model.renew(lease, this.#now)));
    return `renew ${JSON.stringify(leases)}`;
  }

  async #settle(store: Store): Promise<string> {
    const endings = this.#given().map((lease) => {
      const ending = settlement(this.chance.pick(SETTLE_VERBS), lease);
      if (ending.verb === "retry") {
        const event = this.chance.pick(["retried", "postponed"] as const);
        const error = this.chance.pick(["it broke", null]);
        return { ...ending, delayMs: 60, event, error, replacesLine: this.chance.chance(0.6) };
      }
      const charged = ending.verb === "release" && this.chance.chance(0.6);
      return charged ? { ...ending, event: "crashed" as const, charge: this.#charge() } : ending;
    });
    const settled = await store.settle(endings);
    assert.deepEqual(settled, endings.map((ending) => this.#model.settle(ending, this.#now)));
    return `settle ${JSON.stringify(endings)}`;
  }

  #charge(): Charge {
    return {
      status: this.chance.pick(["PENDING", "PENDING", "UNPROCESSABLE"]),
      crashes: this.chance.below(4),
      suspect: this.chance.chance(0.4),
      error: this.chance.pick([null, "its worker died"]),
    };
  }

  async #move(store: Store): Promise<string> {
    const verb = this.chance.pick(OPERATOR_VERBS);
    const ids = this.#some([...IDS, "nobody"]);
    const moved = await store.move(verb, ids);
    assert.deepEqual(outcomes(moved), ids.map((id) => this.#model.move(verb, id, this.#now)));
    return `${verb} ${JSON.stringify(ids)}`;
  }

  async #reap(store: Store): Promise<string> {
    const limit = 1 + this.chance.below(9);
    const request: OrphanRequest = this.chance.chance(0.6)
      ? {
        alive: { agoMs: this.chance.below(200), aheadMs: 60_000 },
        held: this.chance.chance(0.3) ? this.#given() : [],
        limit,
      }
      : { process: this.chance.pick([null, ...this.#processes.map(({ id }) => id)]), limit };
    const orphans = await store.orphans(request);
    // On one host only one process sweeps.
    const by = "reason" in store.capabilities.hosts ? null : this.#processes[this.#turn]?.id ?? null;
    assert.deepEqual(orphans, this.#model.orphans(request, this.#now, { by }));
    const crashLimit = this.chance.chance(0.7) ? CRASH_LIMIT : null;
    const endings = judgeDeaths(orphans, { ...DEATH, crashLimit });
    assert.deepEqual(
      await store.settle(endings),
      endings.map((ending) => this.#model.settle(ending, this.#now)),
    );
    return `reap ${JSON.stringify(request)} with limit ${crashLimit}`;
  }

  /** The process dies, and comes back as another one: what it held belongs to no process. */
  async #restart(store: Store): Promise<string> {
    const process = this.#processes[this.#turn] as ProcessIdentity;
    await store.leave(process.id);
    this.#model.leave(process.id);
    await this.#join(store, this.#processes[this.#turn] = { ...process, id: crypto.randomUUID() });
    assert.equal(await store.beat(), this.#model.beat(this.#processes[this.#turn]?.id ?? "", this.#now));
    return `restart of ${process.pid}`;
  }

  async #prune(store: Store): Promise<string> {
    const before = this.#now - 300 - this.chance.below(1_000);
    const { removed } = await store.prune({ olderThanMs: this.#now - before, after: 0, limit: 1_000 });
    assert.deepEqual(removed.toSorted(), this.#model.prune(before).toSorted());
    return `prune before ${before}`;
  }

  /** Picks leases: mostly recent ones, which are often still valid. */
  #given(): Lease[] {
    if (this.#leases.length === 0) return [];
    const given = this.chance.chance(0.8) ? this.#leases.slice(-12) : this.#leases;
    return this.#some(given).map(({ seq, lease }) => ({ seq, lease }));
  }

  /** Compares the answers to every query. */
  async #compare(store: Store): Promise<void> {
    const { jobs, next } = await store.list({ limit: IDS.length + 1 });
    assert.equal(next, null);
    for (const job of jobs) this.#model.adopt(job.id, job);
    const expected = [...this.#model.jobs.values()].sort((a, b) => b.seq - a.seq);
    assert.deepEqual(jobs.map(plain), expected.map(asJob).map(plain));
    const { counts, oldestDueAt, parked } = await store.stats({ silentForMs: 0 });
    assert.deepEqual(counts, this.#model.counts());
    // A parked job does not count as due, and the model does not know which jobs are parked.
    if (parked.length === 0) assert.deepEqual(oldestDueAt, this.#model.oldestDueAt(this.#now));
    const status = this.chance.pick(STATUSES);
    const ofStatus = await store.list({ statuses: [status], limit: IDS.length + 1 });
    assert.deepEqual(ofStatus.jobs, jobs.filter((job) => job.status === status));
    const id = this.chance.pick(IDS);
    const story = (await store.get(id))?.history.map((line) => line.event) ?? [];
    assert.deepEqual(story, this.#model.jobs.get(id)?.history.map((line) => line.event) ?? []);
  }
}

/** Parking changes the row like any other write, and the model does not know when a job is parked. */
function plain(job: Job): Job {
  return job.status === "PENDING" && job.kind === "mail" ? { ...job, updatedAt: 0 } : job;
}

function asJob({ suspect: _, process: __, history: ___, ...job }: ModelJob): Job {
  return job as Job;
}
