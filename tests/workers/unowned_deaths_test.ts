/** Threads that are replaced for a reason that names none of their jobs. */
import assert from "node:assert/strict";
import type { Claimed } from "@persistent-queue/queue";
import { abandonedJobs, UnownedDeaths } from "../../workers/dispatch/abandoned.ts";
import { ConsumerHandle } from "../../workers/dispatch/consumer_handle.ts";

const JOB: Claimed = {
  ...{ consumerId: "c1", seq: 1, lease: 1, id: "a job", kind: "noop", payload: "null" },
  ...{ retries: 0, crashes: 0, suspect: false },
};
const OTHER: Claimed = { ...JOB, seq: 2, id: "other" };

/** A thread with these jobs, all of them begun; all but the last have ended. */
function threadWith(jobs: readonly Claimed[]) {
  const handle = new ConsumerHandle({ consumerId: "c1", slot: 1, post: () => {}, now: () => 0 });
  handle.give(jobs, { soon: false });
  const tickets = [...handle.inFlight.keys()];
  for (const ticket of tickets) assert.ok(handle.tickets.begin(ticket));
  for (const ticket of tickets.slice(0, -1)) handle.tickets.end(ticket);
  return handle;
}

/** The seq of the job that each of these threads is charged to; null = none. */
function blamed(deaths: UnownedDeaths, threads: readonly ConsumerHandle[], guilty: number | null = null) {
  return threads.map((handle) => {
    const end = deaths.judge(handle, { type: "crashed", detail: "It was spoilt", guilty });
    return handle.inFlight.get(end.guilty ?? -1)?.job.seq ?? null;
  });
}

Deno.test("a job that has ended, and whose report never leaves its thread, is charged with the third thread in a row", () => {
  const threads = [1, 2, 3].map(() => threadWith([JOB]));
  for (const handle of threads) for (const ticket of handle.inFlight.keys()) handle.tickets.end(ticket);
  assert.deepEqual(blamed(new UnownedDeaths(), threads), [null, null, JOB.seq]);
});

Deno.test("a job that has ended without a report is charged even if its leftover code runs instead of the next job", () => {
  const threads = [1, 2, 3].map(() => threadWith([JOB, OTHER]));
  for (const { state } of threads) state.isInLeftover = true;
  assert.deepEqual(blamed(new UnownedDeaths(), threads), [null, null, JOB.seq]);
});

Deno.test("of a job that runs and one that has ended without a report, the running one is charged first", () => {
  const threads = [1, 2, 3].map(() => threadWith([JOB, OTHER]));
  assert.deepEqual(blamed(new UnownedDeaths(), threads), [null, null, OTHER.seq]);
});

Deno.test("a thread that blames a job it no longer has counts against the job that it runs", () => {
  const threads = [1, 2, 3].map(() => threadWith([JOB]));
  assert.deepEqual(blamed(new UnownedDeaths(), threads, 4095), [null, null, JOB.seq]);
});

Deno.test("a thread that ends while it loads a handler is charged to no job, however often, and was no attempt", () => {
  const end = {
    type: "crashed",
    detail: "It ran out of memory",
    guilty: null,
    unloadable: JOB.kind,
  } as const;
  const deaths = new UnownedDeaths();
  for (let i = 0; i < 4; i++) {
    const handle = threadWith([JOB]);
    handle.state.isLoading = true;
    const [left] = abandonedJobs(handle, deaths.judge(handle, end), 10);
    assert.deepEqual(left?.outcome, { type: "crashed", detail: "It ran out of memory", guilty: false });
  }
});
