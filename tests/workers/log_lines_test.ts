import assert from "node:assert/strict";
import type { QueueEvent, Reaped, Status } from "@persistent-queue/queue";
import { logLines } from "../../workers/reporting/log_lines.ts";

function swept(count: number, statusOf: (place: number) => Status): QueueEvent {
  const requeued = Array.from({ length: count }, (_, i): Reaped => ({
    ...{ id: `job ${i}`, kind: "file", consumerId: "c1", seq: i, lease: 1 },
    ...{ status: statusOf(i), wasRunning: true },
  }));
  return { type: "swept", requeued, freed: 0 };
}

Deno.test("many jobs of a dead process do not rotate the log away: beyond a hundred there is one line for all", () => {
  const textsOf = (event: QueueEvent) => logLines(event).map(({ text }) => text);
  assert.equal(textsOf(swept(100, () => "PENDING")).length, 101);
  assert.deepEqual(textsOf(swept(240_000, () => "PENDING")), [
    "Took 240000 jobs from their consumers, now PENDING",
    "Checked and requeued stalled jobs: 240000",
  ]);
  assert.deepEqual(textsOf(swept(5_000, (i) => i === 7 ? "UNPROCESSABLE" : "PENDING")), [
    "Took 4999 jobs from their consumers, now PENDING",
    "Took job_id: job 7 from consumer c1, now UNPROCESSABLE",
    "Checked and requeued stalled jobs: 5000",
  ]);
});
