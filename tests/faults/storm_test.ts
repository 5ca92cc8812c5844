/** Everything at once, for a few seconds: at the end every job is finished, and every guarantee of the queue holds. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { type JobRequest, QueueError, STATUSES } from "@persistent-queue/queue";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { printedRandom, type Random } from "../support/random.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { type TestSystem, testSystem } from "../support/system/test_system.ts";

const STORM_MS = 4_000;
const CONSUMERS = 4;
const DEATHS = ["close", "throw-outside", "rubbish", "exit"];

Deno.test("a storm of adds, cancels, resubmits, crashes, manual edits and a lock from outside leaves nothing undone", async () => {
  const random = printedRandom("storm");
  await using system = await testSystem({ CONSUMERS: String(CONSUMERS), RETRY_DELAYS_MS: "10,20" });
  const added = await storm(system, random);
  await eventually("every job is finished", async () => {
    const { counts } = await system.queue.stats();
    return counts.PENDING + counts.PROCESSING === 0;
  }, { withinMs: 30_000 });
  assert.deepEqual(await system.queue.check({ deep: true }), []);
  const { counts } = await system.queue.stats();
  assert.equal(STATUSES.reduce((sum, status) => sum + counts[status], 0), added.length);
  assert.deepEqual(system.fatal, []);
  assert.equal(system.queue.trouble, null);
});

/** Returns the ids of all jobs that were acknowledged. */
async function storm({ queue, supervisor, settings }: TestSystem, random: Random): Promise<string[]> {
  using outside = BACKEND === "sqlite" ? openFile(settings.queueUrl) : null;
  const added: string[] = [];
  const underWay: Promise<unknown>[] = [];
  const someId = () => added[random.below(added.length)] ?? "none yet";
  let made = 0;
  const add = () => {
    const jobs = Array.from({ length: 1 + random.below(6) }, () => someJob(`job ${made++}`, random));
    return queue.add(jobs).then((stored) => added.push(...stored.map(({ job }) => job.id)));
  };
  const act = (): unknown => {
    const dice = random.below(100);
    if (dice < 60) return add();
    if (dice < 75) return queue.move("cancel", [someId()], "a test");
    if (dice < 90) return queue.move("resubmit", [someId()], "a test");
    if (dice < 92) {
      return supervisor.injectFault(
        supervisor.view().consumers[random.below(CONSUMERS)]?.id ?? "",
        "crash",
        "a test",
      );
    }
    if (BACKEND === "redis") return add();
    const edit = `UPDATE jobs SET status = '${random.pick(STATUSES)}' WHERE id = '${someId()}'`;
    return outside === null ? editByHand(settings.queueUrl, edit) : outside.exec(edit);
  };
  const during = (ms: number, what: () => unknown) =>
    whileTheClockRuns(ms, () => underWay.push(Promise.resolve(what()).catch(assertRefusal)), random);
  await during(STORM_MS / 2, act);
  outside?.exec("BEGIN IMMEDIATE");
  await during(1_000, add);
  outside?.exec("COMMIT");
  await during(STORM_MS / 2, act);
  await Promise.all(underWay);
  return added;
}

function openFile(url: string): DatabaseSync {
  return new DatabaseSync(url.slice("sqlite:".length), { timeout: 5_000 });
}

function assertRefusal(error: unknown): void {
  assert.ok(error instanceof QueueError, String(error));
}

async function whileTheClockRuns(ms: number, act: () => void, random: Random): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    act();
    await new Promise((resolve) => setTimeout(resolve, random.below(4)));
  }
}

/** Most are small; one in ten fails, waits, blocks, gives up, or now and then crashes its consumer. */
function someJob(id: string, random: Random): JobRequest {
  const dice = random.below(240);
  if (dice < 1) return { id, kind: "die", payload: random.pick(DEATHS) };
  if (dice < 6) return { id, kind: "fail", payload: random.below(5) };
  if (dice < 12) return { id, kind: "wait", payload: random.below(200) };
  if (dice < 18) return { id, kind: "block", payload: random.below(80) };
  if (dice < 24) return { id, kind: "give_up" };
  return { id, kind: "noop", priority: random.below(3), runAt: Date.now() + random.below(200) };
}
