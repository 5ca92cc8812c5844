/** Runs jobs by hand, as the dispatcher does with threads. */
import assert from "node:assert/strict";
import type { Claimed, Consumer, Outcome, Verdict } from "@persistent-queue/queue";

/** Claims the next job in line. Fails if there is none. */
export async function claimNext(queue: Consumer, consumerId = "c1", suspect = false): Promise<Claimed> {
  const { claimed } = await queue.claim([{ consumerId, limit: 1, suspect }]);
  assert.ok(claimed[0], "no job could be claimed");
  return claimed[0];
}

/** Ends one attempt. */
export async function end(queue: Consumer, job: Claimed, outcome: Outcome): Promise<Verdict> {
  const [verdict] = await queue.settle([{ job, outcome }]);
  assert.ok(verdict);
  return verdict;
}

/** Attempts a job again and again with the same outcome until the queue ends it. Returns the delays between them. */
export async function endUntilSettled(
  { queue, clock }: { queue: Consumer; clock: { (): number; pass(ms: number): void } },
  job: Claimed,
  outcome: Outcome,
): Promise<number[]> {
  const delaysMs: number[] = [];
  let retries = job.retries;
  for (;;) {
    const verdict = await end(queue, { ...job, retries }, outcome);
    if (verdict.type !== "again") return delaysMs;
    const { delayMs } = verdict;
    delaysMs.push(delayMs);
    retries = verdict.retries;
    clock.pass(delayMs);
  }
}
