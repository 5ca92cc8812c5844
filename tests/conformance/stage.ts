/** Brings a store into the state that a test needs. */
import assert from "node:assert/strict";
import type { Job, Lease, Status, Verb } from "../../queue/job.ts";
import { chargeOf, type Death, judgeDeaths } from "../../queue/policy/deaths.ts";
import type { Ending, Settlement } from "../../queue/ending.ts";
import type { ProcessIdentity } from "../../queue/processes.ts";
import type { Claimed, Moved, NewJob, Orphan, OrphanRequest, Store } from "../../queue/store.ts";

/** The time on the clock of every store, unless a test changes it. */
export const NOW = Date.UTC(2026, 0, 1);

/** The clock with which the adapters open each store. */
export const clock = { now: NOW };

/** The store at another time: the clock shows that time until the call returns. */
export function at(now: number, store: Store): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== "function") return verb;
      return async (...values: unknown[]) => {
        clock.now = now;
        try {
          return await verb.apply(target, values);
        } finally {
          clock.now = NOW;
        }
      };
    },
  });
}
export const CRASH_LIMIT = 3;

export function newJob(id: string, more: Partial<NewJob> = {}): NewJob {
  return {
    id,
    kind: "file",
    payload: "null",
    priority: 0,
    runAt: NOW,
    replace: false,
    ...more,
  };
}

export async function add(store: Store, id: string, more: Partial<NewJob> = {}): Promise<Job> {
  const [inserted] = await store.insert([newJob(id, more)]);
  assert.ok(inserted);
  return inserted.job;
}

/** Adds all jobs, in as many calls as it takes. */
export async function addAll(store: Store, jobs: readonly NewJob[]): Promise<void> {
  for (let added = 0; added < jobs.length;) added += (await store.insert(jobs.slice(added))).length;
}

/** Claims the next job in line. Fails if there is none. */
export async function claimOne(store: Store, consumerId = "c1", now = NOW): Promise<Claimed> {
  const { claimed } = await at(now, store).claim([{ consumerId, limit: 1, suspect: false }]);
  assert.ok(claimed[0], "nothing could be claimed");
  return claimed[0];
}

/** Like `claimOne`, but claims a suspect. */
export async function claimSuspect(store: Store, consumerId = "c1", now = NOW): Promise<Claimed> {
  const { claimed } = await at(now, store).claim([{ consumerId, limit: 1, suspect: true }]);
  assert.ok(claimed[0]?.suspect, "no suspect could be claimed");
  return claimed[0];
}

/** Adds a job and claims it ahead of all other waiting jobs. */
export async function hold(store: Store, id: string, consumerId = "c1"): Promise<Claimed> {
  await add(store, id, { priority: 100 });
  const claimed = await claimOne(store, consumerId);
  assert.equal(claimed.id, id);
  return claimed;
}

const ENDINGS: Record<Exclude<Verb, "claim" | "cancel" | "resubmit">, Ending> = {
  complete: { verb: "complete", result: '"done"' },
  retry: {
    ...{ verb: "retry", event: "retried", retries: 1, delayMs: 5_000 },
    ...{ detail: "it broke", error: "it broke", replacesLine: false },
  },
  exhaust: { verb: "exhaust", retries: 3, error: "it broke too often" },
  fail: { verb: "fail", retries: 2, error: "it is hopeless" },
  release: { verb: "release", event: "released", detail: "the system stops", charge: null },
};

export type SettleVerb = keyof typeof ENDINGS;
export const SETTLE_VERBS = Object.keys(ENDINGS) as SettleVerb[];

export function settlement(verb: SettleVerb, { seq, lease }: Lease): Settlement {
  return { seq, lease, ...ENDINGS[verb] };
}

export function retryIn(delayMs: number, { seq, lease }: Lease): Extract<Settlement, { verb: "retry" }> {
  const retry = { ...{ verb: "retry", event: "retried", retries: 1 } as const, delayMs, replacesLine: false };
  return { seq, lease, ...retry, detail: "it broke", error: "it broke" };
}

/** When `settleOne` settles by default. */
export const SETTLED_AT = NOW + 10;

export async function settleOne(store: Store, settlement: Settlement, now = SETTLED_AT): Promise<boolean> {
  const [stored] = await at(now, store).settle([settlement]);
  assert.ok(stored !== undefined);
  return stored;
}

/** Ends an attempt with the death of its worker. */
export function crash(store: Store, job: Claimed): Promise<boolean> {
  const { seq, lease } = job;
  const detail = "its worker died";
  const charge = chargeOf(job, { crashLimit: CRASH_LIMIT, detail });
  return settleOne(store, { seq, lease, verb: "release", event: "crashed", detail, charge });
}

export const DEATH: Death = {
  ...{ event: "crashed", detail: "the process died", crashLimit: CRASH_LIMIT },
};

/** When `reap` reaps. */
export const REAPED_AT = NOW + 30_000;

export const PROCESS: ProcessIdentity = {
  ...{ id: "00000000-0000-4000-8000-000000000001", host: "here", pid: 1, version: "1.2.3" },
};

/** All jobs of processes without a row: of this store, if it has not joined. */
export const ALL: OrphanRequest = { process: null, limit: 100 };

/** Takes jobs from their holders as the queue does: by default all of them. Returns them. */
export async function reap(
  store: Store,
  { death, ...request }: Partial<OrphanRequest> & { readonly death?: Partial<Death> } = {},
): Promise<Orphan[]> {
  const then = at(REAPED_AT, store);
  const orphans = await then.orphans({ ...ALL, ...request });
  const isSettled = await then.settle(judgeDeaths(orphans, { ...DEATH, ...death }));
  return orphans.filter((_, i) => isSettled[i]);
}

/** Adds a job that is one crash short of the limit, and waits. */
export async function addSuspect(store: Store, id: string, more: Partial<NewJob> = {}): Promise<Job> {
  await add(store, id, { ...more, priority: 100 });
  for (let crashes = 1; crashes < CRASH_LIMIT; crashes++) {
    const claimed = await claimOne(store, "c1", Math.max(NOW, more.runAt ?? NOW));
    assert.equal(claimed.id, id);
    assert.ok(await crash(store, claimed));
  }
  return await jobOf(store, id);
}

/** Adds a job and brings it to `status` on the shortest path. */
export async function bring(store: Store, id: string, status: Status): Promise<Job> {
  const ways: Record<Status, () => Promise<unknown>> = {
    PENDING: () => add(store, id),
    PROCESSING: () => hold(store, id),
    COMPLETED: async () => settleOne(store, settlement("complete", await hold(store, id))),
    FAILED: async () => settleOne(store, settlement("fail", await hold(store, id))),
    UNPROCESSABLE: async () => settleOne(store, settlement("exhaust", await hold(store, id))),
    CANCELED: async () => {
      await add(store, id);
      await at(NOW + 10, store).move("cancel", [id]);
    },
  };
  await ways[status]();
  const job = await jobOf(store, id);
  assert.equal(job.status, status);
  return job;
}

export async function deepCheck({ capabilities: { deepCheck } }: Store): Promise<string[]> {
  assert.ok(typeof deepCheck === "function");
  return await deepCheck();
}

export async function jobOf(store: Store, id: string): Promise<Job> {
  const found = await store.get(id);
  assert.ok(found, `there is no job ${id}`);
  return found.job;
}

export async function eventsOf(store: Store, id: string): Promise<string[]> {
  return (await store.get(id))?.history.map((entry) => entry.event) ?? [];
}

/** Applies `verb` to `job` with its current lease. Returns whether the store reports success. */
export async function attempt(store: Store, verb: Verb, job: Job): Promise<boolean> {
  const then = at(NOW + 20, store);
  if (verb === "claim") {
    return (await then.claim([{ consumerId: "c2", limit: 1, suspect: false }])).claimed.length > 0;
  }
  if (verb === "cancel" || verb === "resubmit") {
    return outcomes(await then.move(verb, [job.id]))[0] === "moved";
  }
  return await settleOne(store, settlement(verb, job), NOW + 20);
}

export function outcomes(moved: readonly Moved[]): string[] {
  return moved.map((one) => one.outcome);
}
