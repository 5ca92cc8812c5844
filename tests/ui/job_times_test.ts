import assert from "node:assert/strict";
import { ranMs, waitedMs } from "../../ui/manager/job_times.ts";

const JOB = {
  status: "COMPLETED",
  created_at: 1_000,
  run_at: 1_000,
  started_at: 1_400,
  finished_at: 2_000,
} as const;

Deno.test("a job waited from when it was due until it was taken, and ran from then until it ended", () => {
  assert.equal(waitedMs(JOB, 9_000), 400);
  assert.equal(ranMs(JOB, 9_000), 600);
  assert.equal(waitedMs({ ...JOB, run_at: 1_300 }, 9_000), 100);
});

Deno.test("the times of a job that waits or runs go on until now, and a job that is not due yet does not wait", () => {
  const waiting = { ...JOB, status: "PENDING", started_at: null, finished_at: null } as const;
  assert.equal(waitedMs(waiting, 1_250), 250);
  assert.equal(waitedMs({ ...waiting, run_at: 5_000 }, 1_250), null);
  assert.equal(ranMs(waiting, 1_250), null);
  assert.equal(ranMs({ ...JOB, status: "PROCESSING", finished_at: null }, 1_500), 100);
});

Deno.test("a time that a retry has overwritten is not made up", () => {
  assert.equal(waitedMs({ ...JOB, run_at: 1_800 }, 9_000), null);
});
