import assert from "node:assert/strict";
import type { Claimed } from "@persistent-queue/queue";
import { WaitingJobs } from "../../workers/dispatch/waits.ts";

const now = () => performance.now();

function claimed(lease: number): Claimed {
  return {
    ...{ consumerId: "c1", seq: 7, lease, id: "one", kind: "file", payload: "null" },
    ...{ retries: 1, crashes: 0, suspect: false },
  };
}

Deno.test("a job that came back under another lease waits for its attempt, even if the wait of the lost lease is canceled or ends", async () => {
  const waiting = new WaitingJobs();
  const due: number[] = [];
  const wait = (lease: number, ms: number) =>
    waiting.add(claimed(lease), { at: now() + ms, now, onDue: () => due.push(lease) });
  wait(1, 20);
  wait(2, 40);
  wait(3, 120_000);
  assert.deepEqual(waiting.jobs.map(({ lease }) => lease), [1, 2, 3]);
  waiting.remove(({ lease }) => lease === 1);
  while (due.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(due, [2], "the lost lease gets no attempt");
  assert.deepEqual(waiting.toRenew().map(({ lease }) => lease), [3], "its heartbeat continues");
  waiting.remove(() => true);
});

Deno.test("thousands of jobs that wait for a retry are not shown as stalled if the stall time is three beats", () => {
  const waiting = new WaitingJobs(1.5);
  for (let seq = 1; seq <= 3_000; seq++) {
    waiting.add({ ...claimed(1), seq }, { at: now() + 120_000, now, onDue: () => {} });
  }
  const renewed = new Set([...waiting.toRenew(), ...waiting.toRenew()].map(({ seq }) => seq));
  assert.equal(renewed.size, 3_000, "two beats reach each of them");
  waiting.remove(() => true);
});
