/**
 * Fault J: a consumer pauses in the middle of a job, the job is taken from it and given to another, and then
 * it continues as if nothing had happened. Whatever it reports about the job changes nothing.
 */
import { getQueue, type Job, openStore } from "@persistent-queue/queue";
import { judgeDeaths } from "../../queue/policy/deaths.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { isOfClaim } from "../support/queue/claims.ts";
import { hasBegun } from "../support/system/first_time.ts";
import type { ZombieTask } from "../support/handlers/zombie.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import type { Random } from "../support/random.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { type TestSystem, testSystem } from "../support/system/test_system.ts";
import { type Expect, violationsOf } from "../support/faults/violations.ts";
import type { Fault } from "./fault.ts";

const ENDS = ["return", "give up", "throw", "ask for later"] as const satisfies ZombieTask["end"][];
const RETRY_DELAYS_MS = "20,40,80";
/** This many tries share two systems: a consumer that only dies is replaced more and more slowly. */
const TOGETHER = 10;
/** Another host's view of a stall: it sees only the heartbeats in the store. */
const ELSEWHERE_STALL_MS = 150;

export const zombie: Fault = {
  letter: "J",
  title:
    "a consumer pauses past the stall and continues: completes, fails or retries a job that another consumer has",
  tries: { each: TOGETHER, long: 10 * TOGETHER },
  async *attempts(random) {
    for (let first = 0;; first += TOGETHER) yield* riseTogether(first, random);
  },
};

async function* riseTogether(first: number, random: Random): AsyncGenerator<readonly string[], void, void> {
  await using folder = await tempFolder();
  // What takes its job: a sweep from elsewhere, unknown to its own supervisor; or that supervisor itself.
  await using left = await testSystem({ LOG_LEVEL: "warn", RETRY_DELAYS_MS, SWEEP_MS: "60000" });
  await using watched = await testSystem({ LOG_LEVEL: "warn", RETRY_DELAYS_MS });
  for (let n = first; n < first + TOGETHER; n++) {
    const isLeft = n % 2 === 0;
    const task = {
      ...{ wake: folder.file(`wake ${n}`), finish: folder.file(`finish ${n}`) },
      ...{ end: random.pick(ENDS), untilTold: random.chance(0.4) },
    };
    const rising = { system: isLeft ? left : watched, isLeft, id: `job ${n}`, random, task };
    const violations = await violationsOf((expect) => rise(rising, expect));
    yield violations.map((violation) => `${task.end}: ${violation}`);
  }
}

interface Rising {
  readonly system: TestSystem;
  readonly isLeft: boolean;
  readonly id: string;
  readonly task: ZombieTask;
  readonly random: Random;
}

async function rise({ system, isLeft, id, task, random }: Rising, expect: Expect): Promise<void> {
  const { queue, settings } = system;
  const { fenced } = await queue.stats();
  await queue.add([{ id, kind: "zombie", payload: task }]);
  const first = await system.until(id, ({ status }) => status === "PROCESSING");
  await eventually("it stops", () => hasBegun(settings.filesDir, id));
  if (isLeft) await takeFromElsewhere(settings.queueUrl, id);
  const second = await system.until(
    id,
    ({ status, lease }) => status === "PROCESSING" && lease > first.lease,
  );
  expect(second.consumerId !== first.consumerId, "its own consumer has it again");

  const isStillRunning = random.chance(0.7);
  if (!isStillRunning) await finish(system, id, task);
  const before = (await queue.get(id)).job;
  touch(task.wake);
  await expectAwake(system, { consumerId: String(first.consumerId), isLeft });
  if (isLeft) await eventually("it is counted", async () => (await queue.stats()).fenced > fenced);
  const after = await queue.get(id);
  expect(isSame(before, after.job), `it was ${JSON.stringify(before)} and is ${JSON.stringify(after.job)}`);
  if (isStillRunning) await finish(system, id, task);

  const { job, history } = await queue.get(id);
  expect(
    job.status === "COMPLETED" && job.result === '"done by another"',
    `it is ${job.status} ${job.result}`,
  );
  // If the machine starves a thread for longer than the stall, the second consumer may lose it too.
  const isSecond = job.consumerId === second.consumerId && job.lease === second.lease;
  expect(isSecond || job.lease > second.lease, "it is not the second one's");
  expect(job.retries === 0, `it is charged ${job.retries} retries`);
  const isTold = history.length > 0 && isOfClaim(history.length, job.lease - first.lease) &&
    history.every(({ event }) => event === "stalled");
  expect(isTold, JSON.stringify(history));
  const counted = (await queue.stats()).fenced - fenced;
  expect(counted === (isLeft ? 1 : 0), `${counted} late writes were counted`);
  const problems = await problemsAt(settings.queueUrl, { drained: true, retryLimit: 3 });
  expect(problems.length === 0, problems.join(" "));
}

/** Takes jobs without a fresh heartbeat, whichever consumer has them. */
async function takeFromElsewhere(url: string, id: string): Promise<void> {
  if (BACKEND !== "sqlite") return await takeFromProcess(url, id);
  const elsewhere = await getQueue(url, { role: "guest", stallMs: ELSEWHERE_STALL_MS });
  try {
    await eventually(`${id} is taken`, () => elsewhere.sweep({ held: [], freed: 0 }));
  } finally {
    await elsewhere.close();
  }
}

/** As a host does that has not heard from the job's process for the stall time: a process that shows itself loses none. */
async function takeFromProcess(url: string, id: string): Promise<void> {
  const store = await openStore(url, "guest");
  try {
    const [process] = await store.processes({ silentForMs: ELSEWHERE_STALL_MS });
    const held = await store.orphans({ process: process?.id ?? null, limit: TOGETHER });
    const orphans = held.filter((job) => job.id === id);
    const death = { event: "stalled", detail: "No heartbeat", crashLimit: null } as const;
    await store.settle(judgeDeaths(orphans, death));
  } finally {
    await store.close();
  }
}

async function finish(system: TestSystem, id: string, { finish }: ZombieTask): Promise<void> {
  touch(finish);
  await system.until(id, ({ status }) => status === "COMPLETED");
}

/** A consumer that was not replaced keeps working; one that was has already ended. */
async function expectAwake(
  { supervisor }: TestSystem,
  { consumerId, isLeft }: { consumerId: string; isLeft: boolean },
): Promise<void> {
  if (isLeft) {
    const isIdle = () =>
      supervisor.view().consumers.some(({ id, state }) => id === consumerId && state === "idle");
    await eventually("the first one is ready for other work", isIdle);
    return;
  }
  await eventually("the first one is gone", () => supervisor.view().wedged === 0);
}

function touch(path: string): void {
  Deno.writeTextFileSync(path, "");
}

/** Ignores the heartbeat, which is renewed while a consumer runs the job. */
function isSame(before: Job, after: Job): boolean {
  return JSON.stringify({ ...before, lastHeartbeat: 0 }) === JSON.stringify({ ...after, lastHeartbeat: 0 });
}
