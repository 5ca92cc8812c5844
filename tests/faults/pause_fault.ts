/**
 * Fault K: the whole process is stopped for longer than a stall, or its main thread is too busy to listen.
 * All heartbeats are old then, though no consumer hangs: no job is taken away or charged, no consumer is
 * replaced.
 */
import { getQueue } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { isOfClaim } from "../support/queue/claims.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import type { Random } from "../support/random.ts";
import { addFile, runSystem, urlOf } from "../support/processes/running_system.ts";
import { testSystem } from "../support/system/test_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const STALL_MS = 600;
const SWEEP_MS = 150;
/** Several sweeps run in this time. */
const WATCHED_MS = 3 * SWEEP_MS;
const CONSUMERS = 3;
/** One in this many tries stops the process. */
const ROUND = 6;

export const pause: Fault = {
  letter: "K",
  title: "the process is stopped, or its main thread blocked, for longer than a stall",
  tries: { each: ROUND, long: 10 * ROUND },
  async *attempts(random) {
    for (let n = 0;; n++) {
      yield await violationsOf((expect) => n % ROUND === 0 ? stop(random, expect) : block(random, expect));
    }
  },
};

/** SIGSTOP, and after a while SIGCONT. */
async function stop(random: Random, expect: Expect): Promise<void> {
  const pausedMs = STALL_MS + 100 + random.below(400);
  await using system = await runSystem({
    command: "supervise",
    env: { CONSUMERS: String(CONSUMERS), WORK_MS: String(pausedMs + WATCHED_MS) },
  });
  const ids: string[] = [];
  for (let i = 0; i < CONSUMERS; i++) ids.push(await addFile(system, `${i}.txt`));
  for (const id of ids) await system.until(id, "PROCESSING");
  const pid = system.supervisorPid();
  await sleep(random.below(SWEEP_MS));
  Deno.kill(pid, "SIGSTOP");
  try {
    await sleep(pausedMs);
  } finally {
    Deno.kill(pid, "SIGCONT");
  }
  for (const id of ids) await system.until(id, "COMPLETED");
  const { consumers } = await (await system.api("stats")).json();
  expectNobodyReplaced(consumers, expect);
  await expectUntouched(urlOf(system), ids, expect);
}

/** The main thread computes; the threads keep working, and their heartbeats are not read. */
async function block(random: Random, expect: Expect): Promise<void> {
  const blockedMs = STALL_MS + 50 + random.below(400);
  const delayMs = blockedMs + WATCHED_MS;
  await using system = await testSystem({
    ...{ CONSUMERS: String(CONSUMERS), RETRY_DELAYS_MS: String(delayMs), LOG_LEVEL: "warn" },
    ...{ HEARTBEAT_MS: "50", SWEEP_MS: String(SWEEP_MS), STALL_MS: String(STALL_MS) },
  });
  const { queue, supervisor, settings, until } = system;
  await eventually("all are idle", () => supervisor.view().consumers.every(({ state }) => state === "idle"));
  await queue.add([{ id: "again later", kind: "fail", payload: 1 }]);
  await until("again later", ({ retries }) => retries === 1);
  const long = ["long 1", "long 2"];
  await queue.add(long.map((id) => ({ id, kind: "wait", payload: delayMs })));
  for (const id of long) await until(id, ({ status }) => status === "PROCESSING");
  await sleep(random.below(SWEEP_MS));
  const short = Array.from({ length: 20 }, (_, i) => ({ id: `short ${i}`, kind: "noop" }));
  const added = queue.add(short);

  const end = performance.now() + blockedMs;
  while (performance.now() < end);
  if (random.chance(0.5)) await supervisor.sweep();

  await added;
  const held = ["again later", ...long];
  for (const id of [...held, ...short.map(({ id }) => id)]) {
    await until(id, ({ status }) => status === "COMPLETED");
  }
  expectNobodyReplaced(supervisor.view().consumers, expect);
  await expectUntouched(settings.queueUrl, held, expect);
  for (const { id } of short) {
    const { job, history } = await queue.get(id);
    const isRight = job.status === "COMPLETED" && job.crashes === 0 && history.length === 0;
    expect(isRight, `${id} is ${job.status}, ${job.crashes} crashes`);
  }
}

function expectNobodyReplaced(consumers: readonly { readonly restarts: number }[], expect: Expect): void {
  const restarts = consumers.map(({ restarts }) => restarts);
  expect(restarts.every((times) => times === 0), `consumers were replaced: ${restarts}`);
}

/** They were completed under their first lease. */
async function expectUntouched(url: string, ids: readonly string[], expect: Expect): Promise<void> {
  const queue = await getQueue(url);
  try {
    for (const id of ids) {
      const { job: { status, lease, crashes }, history } = await queue.get(id);
      const events = history.map(({ event }) => event).join();
      const isRight = status === "COMPLETED" && isOfClaim(1, lease) && crashes === 0 &&
        /^(retried)?$/.test(events);
      expect(isRight, `${id} is ${status}, lease ${lease}, ${crashes} crashes, its events "${events}"`);
    }
  } finally {
    await queue.close();
  }
  const problems = await problemsAt(url, { drained: true, retryLimit: 3 });
  expect(problems.length === 0, problems.join(" "));
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
