import assert from "node:assert/strict";
import { tookMs, waitedMs } from "../../ui/manager/job_times.ts";

const JOB = {
  status: "COMPLETED",
  created_at: 1_000,
  updated_at: 2_000,
  run_at: 1_000,
  started_at: 1_400,
  finished_at: 2_000,
  retries: 0,
  lease: 1,
  dismissed: false,
} as const;

Deno.test("a job waited from when it was due until it was claimed, and took from then until it ended", () => {
  assert.equal(waitedMs(JOB, 9_000), 400);
  assert.equal(tookMs(JOB, 9_000), 600);
  assert.equal(waitedMs({ ...JOB, run_at: 1_300 }, 9_000), 100);
});

Deno.test("the times of a job that waits or runs go on until now, and a job that is not due yet does not wait", () => {
  const waiting = { ...JOB, status: "PENDING", lease: 0, started_at: null, finished_at: null } as const;
  assert.equal(waitedMs(waiting, 1_250), 250);
  assert.equal(waitedMs({ ...waiting, run_at: 5_000 }, 1_250), null);
  assert.equal(tookMs(waiting, 1_250), null);
  assert.equal(tookMs({ ...JOB, status: "PROCESSING", finished_at: null }, 1_500), 100);
});

Deno.test("a waiting time that a retry has overwritten is not made up, before or after a requeue", () => {
  assert.equal(waitedMs({ ...JOB, run_at: 1_800 }, 9_000), null);
  assert.equal(waitedMs({ ...JOB, run_at: 1_300, retries: 1 }, 9_000), null);
});

Deno.test("the time at work before a consumer was lost is not counted as waiting", () => {
  assert.equal(waitedMs({ ...JOB, lease: 2, started_at: 600_000 }, 700_000), null);
  const back = { ...JOB, status: "PENDING", lease: 1, updated_at: 590_000, started_at: null } as const;
  assert.equal(waitedMs(back, 600_000), 10_000, "it has been back for that long");
  assert.equal(waitedMs({ ...back, run_at: 595_000 }, 600_000), 5_000);
});

Deno.test("a cancel after the end does not make a job take longer", () => {
  const canceled = { ...JOB, status: "CANCELED", finished_at: 60_000 } as const;
  assert.equal(tookMs({ ...canceled, dismissed: true }, 99_000), null);
  assert.equal(tookMs(canceled, 99_000), 58_600, "of a job that ran until then");
});
