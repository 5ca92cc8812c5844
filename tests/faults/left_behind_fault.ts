/**
 * Fault Y: a job leaves something behind, or changes something, and ends. The next job of its consumer runs
 * beside that: it is never charged, and its result is right.
 */
import type { Queue } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { WAYS } from "../support/handlers/litter.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { testSystem } from "../support/system/test_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const NAMES = Object.keys(WAYS);
/** These have no effect, so nothing is reported. */
const SILENT = [
  "messages to its parent",
  "globalThis.onmessage",
  "a late log line",
  "settings",
  "the life locks",
  "a worker of its own that fails",
  "async contexts",
];

/** These are reported, and their thread goes on. */
const MILD = ["a rejection", "the second of two requests that both fail"];

export const leftBehind: Fault = {
  letter: "Y",
  title: "a job leaves promises, timers, messages, listeners, globals or a changed process behind",
  tries: { each: NAMES.length, long: 10 * NAMES.length },
  async *attempts() {
    for (;;) {
      for (const way of NAMES) {
        const violations = await violationsOf((expect) => leave(way, expect));
        yield violations.map((violation) => `${way}: ${violation}`);
      }
    }
  },
};

async function leave(way: string, expect: Expect): Promise<void> {
  const folder = Deno.cwd();
  await using system = await testSystem({ CONSUMERS: "1", RETRY_DELAYS_MS: "none", SWEEP_MS: "100" });
  const { queue, supervisor, settings, fatal } = system;
  await queue.add([{ id: "litter", kind: "litter", payload: way }]);
  await queue.add([{ id: "neighbour", kind: "plain", payload: 150 }, {
    id: "later",
    kind: "plain",
    payload: 1,
  }]);
  await finished(queue, "litter");
  for (const id of ["neighbour", "later"]) await expectWhole(queue, id, expect);
  await eventually(
    "its consumer is back",
    () => supervisor.view().consumers.every(({ state }) => state === "idle"),
  );
  await queue.add([{ id: "afterwards", kind: "plain", payload: 1 }]);
  await expectWhole(queue, "afterwards", expect);
  await eventually("the working folder is restored", () => Deno.cwd() === folder);

  const isReplaced = supervisor.view().consumers.some(({ restarts }) => restarts > 0);
  expect(!(isReplaced && MILD.includes(way)), "its thread was replaced");

  const { job } = await queue.get("litter");
  expect(
    job.crashes === 0 && fatal.length === 0,
    `it is charged ${job.crashes} crashes; ${fatal.length} fatal`,
  );
  await system.stop();
  const told = system.logLines("jobqueue").filter((line) => / \[(WARN|ERROR)\] /.test(line));
  // If the supervisor looks before the job has ended, it cannot tell which job changed the folder.
  const isTold = told.some((line) => /kind litter|A handler moved the working folder/.test(line)) ||
    job.error !== null;
  expect(isTold || SILENT.includes(way), `it is not reported: ${told.join("; ")}`);
  const late = system.logLines("consumer_").filter((line) => line.includes("written late"));
  expect(late.every((line) => line.includes("after the end of job_id: litter")), late.join("; "));
  const problems = await problemsAt(settings.queueUrl, { drained: true, retryLimit: 3 });
  expect(problems.length === 0, problems.join(" "));
}

const WHOLE = JSON.stringify({ names: ["0"], map: [2, 4, 6], text: "not", parsed: [1], isLate: true });

async function expectWhole(queue: Queue, id: string, expect: Expect): Promise<void> {
  const { status, crashes, result } = await finished(queue, id);
  expect(status === "COMPLETED" && crashes === 0, `${id} is ${status}, ${crashes} crashes`);
  expect(result === WHOLE, `${id} has the result ${result}`);
}

async function finished(queue: Queue, id: string) {
  return await eventually(`${id} is finished`, async () => {
    const { job } = await queue.get(id);
    return job.status === "PENDING" || job.status === "PROCESSING" ? null : job;
  }, { withinMs: 8_000 });
}
