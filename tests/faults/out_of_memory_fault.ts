/**
 * Fault I: a job takes more memory than a consumer may have, again and again. Only its thread ends, the job
 * is given up after two of them by the rule used here, and other jobs are not affected.
 */
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import type { Random } from "../support/random.ts";
import { testSystem } from "../support/system/test_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

/** With this little memory it runs out at once. */
const MEMORY_MB = 32;
const CRASH_LIMIT = 2;
const DETAIL = `It ran out of memory (limit ${MEMORY_MB} MB, CONSUMER_MEMORY_MB)`;
/** At once, after waiting for something, and bit by bit from a timer. */
const WAYS = ["at once", "after a while", "by and by", "buffers by and by", "buffers at once"] as const;

export const outOfMemory: Fault = {
  letter: "I",
  title: "a job takes more memory than its consumer may have",
  tries: { each: WAYS.length, long: 10 * WAYS.length },
  async *attempts(random) {
    for (;;) for (const way of WAYS) yield await violationsOf((expect) => poison(random, way, expect));
  },
};

async function poison(random: Random, way: typeof WAYS[number], expect: Expect): Promise<void> {
  await using system = await testSystem({
    ...{ CONSUMER_MEMORY_MB: String(MEMORY_MB), CRASH_LIMIT: String(CRASH_LIMIT), CONSUMERS: "3" },
    // Its thread falls silent on the way there, which would be another fault.
    ...{ STALL_MS: "20000", LOG_LEVEL: "warn" },
  });
  const { queue, supervisor, settings, fatal } = system;
  const neighbours = Array.from({ length: 20 + random.below(20) }, (_, i) => ({
    ...{ id: `neighbour ${i}`, kind: i < 5 ? "wait" : "noop", payload: 300 },
  }));
  await queue.add([{ id: "poison", kind: "hoard", payload: way }, ...neighbours]);
  const job = await eventually("it is given up", async () => {
    const { job } = await queue.get("poison");
    return job.status === "UNPROCESSABLE" ? job : null;
  }, { withinMs: 60_000 });

  expect(job.crashes === CRASH_LIMIT && job.retries === 0, `${job.crashes} crashes, ${job.retries} retries`);
  expect(job.error?.startsWith(DETAIL) ?? false, `the error is "${job.error}"`);
  for (const { id } of neighbours) {
    const { status, crashes, lease } = await eventually(`${id} has ended`, async () => {
      const { job } = await queue.get(id);
      return job.finishedAt === null ? null : job;
    });
    expect(status === "COMPLETED" && crashes === 0, `${id} is ${status}, ${crashes} crashes, lease ${lease}`);
  }
  const restarts = supervisor.view().consumers.reduce((sum, consumer) => sum + consumer.restarts, 0);
  expect(restarts === CRASH_LIMIT, `${restarts} threads ended`);
  expect(fatal.length === 0 && supervisor.view().wedged === 0, "the system wanted to end");
  const problems = await problemsAt(settings.queueUrl, { drained: true, retryLimit: 3 });
  expect(problems.length === 0, problems.join(" "));
}
