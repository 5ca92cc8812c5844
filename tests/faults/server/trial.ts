/** A system at work while something happens to its server, and what must hold afterwards. */
import { type Queue, QueueError, StorageError } from "@persistent-queue/queue";
import { eventually } from "../../support/eventually.ts";
import { problemsAt } from "../../support/faults/problems_at.ts";
import type { Expect } from "../../support/faults/violations.ts";
import type { Random } from "../../support/random.ts";
import { relayTo } from "../../support/servers/relay.ts";
import { testSystem } from "../../support/system/test_system.ts";
import { PASSWORD, type Scene, sleep } from "./scene.ts";

const JOBS = 60;
/** A claim whose answer was lost is found by the sweep. */
const DONE_WITHIN_MS = 20_000;
/** The server may be down for most of that time. */
const ADDED_WITHIN_MS = 30_000;
/** Connections requested within a second: a system whose server is down tries again, but does not spin. */
const MAX_ASKED = 100;

interface Trial {
  readonly scene: Scene;
  readonly random: Random;
  /** The name of the queue. */
  readonly name: string;
}

export async function trial({ scene, random, name }: Trial, expect: Expect): Promise<void> {
  await using relay = relayTo(scene.port);
  const place = new URL(scene.url(name));
  place.port = String(relay.port);
  const url = place.href;
  await using system = await testSystem({
    ...{ QUEUE_URL: url, CONSUMERS: "3", LOG_LEVEL: "error" },
    // A late sweep judges nothing, and next to other tests a sweep every 200 ms would always be late.
    ...{ HEARTBEAT_MS: "100", SWEEP_MS: "1000", STALL_MS: "2000" },
  });
  const { queue, supervisor, fatal, events } = system;
  const troubles = () =>
    events.flatMap((event) => event.type === "storage" ? [event.trouble ?? ""] : []).join(" ");
  const ids = Array.from({ length: JOBS }, (_, i) => `job ${i}${wordOf(scene.ballast ?? 0, random)}`);
  const acknowledged = new Set<string>();
  const adding = addOneByOne(queue, ids, { random, acknowledged });
  // It is awaited below, unless the misfortune itself fails.
  adding.catch(() => {});
  await sleep(random.below(300));
  const missing = await scene.strike({ relay, random, acknowledged: () => [...acknowledged] });
  const { says } = scene;
  if (says !== null) expect(says.test(troubles()), `it did not say ${says}, but: ${troubles()}`);
  await adding;
  await eventually(() => `the storage works again: ${queue.trouble}`, () => queue.trouble === null, {
    withinMs: DONE_WITHIN_MS,
  });
  await addOneByOne(queue, missing, { random, acknowledged });
  const areDone = async () => (await queue.stats()).counts.COMPLETED === JOBS;
  await eventually("all jobs are done", () => areDone().catch(() => false), { withinMs: DONE_WITHIN_MS });
  for (const id of ids) {
    const { job: { status, crashes } } = await queue.get(id);
    expect(status === "COMPLETED" && crashes === 0, `${id} is ${status}, ${crashes} crashes`);
  }
  expect(fatal.length === 0, `the system gave up: ${fatal.map(({ why }) => why)}`);
  expect(supervisor.view().consumers.length === 3, "a consumer is gone");
  expect(!troubles().includes(PASSWORD), `the password is shown: ${troubles()}`);
  const asked = mostWithin(1_000, relay.asked);
  expect(asked <= MAX_ASKED, `it asked for ${asked} connections within a second`);
  const problems = await problemsAt(url, { drained: true, retryLimit: 3 });
  expect(problems.length === 0, problems.join(" "));
}

/** Random letters, which cannot be compressed. */
function wordOf(length: number, random: Random): string {
  return Array.from({ length }, () => random.below(36).toString(36)).join("");
}

interface Adding {
  readonly random: Random;
  readonly acknowledged: Set<string>;
}

/**
 * As a client does: an add that failed may have taken effect, so it is repeated with the same id. The job may even be
 * done by then.
 */
async function addOneByOne(
  queue: Queue,
  ids: readonly string[],
  { random, acknowledged }: Adding,
): Promise<void> {
  for (const id of ids) {
    const latest = performance.now() + ADDED_WITHIN_MS;
    for (let isAdded = false; !isAdded;) {
      if (performance.now() > latest) throw new Error(`Not within ${ADDED_WITHIN_MS} ms: ${id} is added`);
      isAdded = await queue.add([{ id, kind: "wait", payload: random.below(60) }]).then(() => true, isDone);
      if (!isAdded) await sleep(50);
    }
    acknowledged.add(id);
  }
}

/** Whether the job with this id is already done. @throws any error that is not about the storage */
function isDone(error: unknown): boolean {
  if (error instanceof StorageError && error.passing) return false;
  if (error instanceof QueueError && error.code === "duplicate_job") return true;
  throw error;
}

/** The largest number of the moments, which are in order, within any span of this length. */
function mostWithin(ms: number, moments: readonly number[]): number {
  let most = 0;
  for (let from = 0, to = 0; to < moments.length; to++) {
    while ((moments[to] ?? 0) - (moments[from] ?? 0) >= ms) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}
