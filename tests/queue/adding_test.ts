import assert from "node:assert/strict";
import { QueueError } from "@persistent-queue/queue";
import { openStore } from "../../queue/get_queue.ts";
import { newJob } from "../conformance/stage.ts";
import { claimNext, end } from "../support/queue/attempts.ts";
import { START, testQueue } from "../support/queue/test_queue.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest, urlFor } from "../support/backend.ts";

Deno.test("a job gets its kind, payload, priority and time unless the caller says otherwise", async () => {
  await using on = await testQueue();
  const [plain, told] = await on.queue.add([
    { id: "a" },
    { id: "b", kind: "mail", payload: { to: ["x"], n: 1.5 }, priority: -100, runAt: START + 5 },
  ]);
  const { kind, payload, priority, runAt, createdAt } = plain?.job ?? {};
  assert.deepEqual([kind, payload, priority, runAt, createdAt], ["file", "null", 0, START, START]);
  assert.deepEqual([told?.job.kind, told?.job.payload], ["mail", '{"to":["x"],"n":1.5}']);
  assert.deepEqual([told?.job.priority, told?.job.runAt, told?.outcome], [-100, START + 5, "added"]);
});

Deno.test("a job of another kind without an id gets a new one; a file job without an id is refused", async () => {
  await using on = await testQueue();
  const added = await on.queue.add([{ kind: "mail" }, { kind: "mail" }]);
  assert.equal(new Set(added.map(({ job }) => job.id)).size, 2);
  for (const { job } of added) assert.deepEqual((await on.queue.get(job.id)).job, job);
  on.clock.pass(1);
  const [later] = await on.queue.add([{ kind: "mail" }]);
  for (const { job } of added) {
    assert.match(job.id, /^mail-[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.ok(
      job.id < String(later?.job.id),
      "ids grow with time, so they are adjacent in their index",
    );
  }
  await assert.rejects(on.queue.add([{ kind: "file" }]), hasCode("invalid_job"));
});

Deno.test("new ids grow in the order of adding, however many are made in one millisecond", async () => {
  await using on = await testQueue();
  const added = await on.queue.add(Array.from({ length: 10_000 }, () => ({ kind: "mail" })));
  const ids = added.map(({ job }) => job.id);
  assert.deepEqual(ids.toSorted(), ids);
});

Deno.test("adding is idempotent: a waiting or running job is returned as it is, whatever the new request holds", async () => {
  await using on = await testQueue();
  const [first] = await on.queue.add([{ id: "a", payload: 1 }]);
  assert.deepEqual(await on.queue.add([{ id: "a", payload: 2, priority: 9 }]), [{
    outcome: "waiting",
    job: first?.job,
    differs: true,
  }]);
  await claimNext(on.queue);
  const { job } = await on.queue.get("a");
  const same = await on.queue.add([{ id: "a", payload: 1, replace: true }]);
  assert.deepEqual(same, [{ outcome: "waiting", job, differs: false }]);
  const enqueued = on.events.filter((event) => event.type === "enqueued");
  assert.equal(enqueued.length, 1, "only new jobs cause an event");
});

Deno.test("adding a finished id is refused with its status and what to do, and restarts the job on request", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  await end(on.queue, await claimNext(on.queue), { type: "gave-up", error: "no" });
  await assert.rejects(on.queue.add([{ id: "a" }]), (error) => {
    assert.ok(error instanceof QueueError && error.code === "duplicate_job");
    assert.match(error.message, /"a".*FAILED.*replace/);
    return true;
  });
  const [again] = await on.queue.add([{ id: "a", payload: 2, replace: true }]);
  assert.deepEqual([again?.outcome, again?.job.status, again?.job.payload], ["replaced", "PENDING", "2"]);
  assert.equal((await on.queue.get("a")).history.at(-1)?.event, "replaced");
});

Deno.test("one bad job in a batch keeps all of them out", async () => {
  await using on = await testQueue();
  await assert.rejects(
    on.queue.add([{ id: "good" }, { id: "" }, { id: "good too" }]),
    hasCode("invalid_job"),
  );
  await assert.rejects(on.queue.add([{ id: "good" }, { id: "b", kind: "nobody" }]), hasCode("unknown_kind"));
  assert.equal((await on.queue.stats()).counts.PENDING, 0);
});

Deno.test("the same id twice in a batch is one job", async () => {
  await using on = await testQueue();
  const added = await on.queue.add([{ id: "a", payload: 1 }, { id: "a", payload: 2 }]);
  assert.deepEqual(added.map((one) => one.outcome), ["added", "waiting"]);
  assert.equal((await on.queue.get("a")).job.payload, "1");
});

Deno.test("adding no jobs does nothing", async () => {
  await using on = await testQueue();
  assert.deepEqual(await on.queue.add([]), []);
  assert.ok(!on.events.some((event) => event.type === "enqueued"));
});

Deno.test("a hundred calls at once each return their own job", async () => {
  await using on = await testQueue();
  const asked = Array.from({ length: 100 }, (_, i) => on.queue.add([{ id: `a${i}`, payload: i }]));
  for (const [i, [added]] of (await Promise.all(asked)).entries()) {
    assert.deepEqual([added?.job.id, added?.job.payload], [`a${i}`, String(i)]);
  }
  assert.equal((await on.queue.stats()).counts.PENDING, 100);
});

function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof QueueError && error.code === code;
}

sqliteTest(
  "a thousand new jobs take one turn, and two when they are added again: other work runs in between",
  async () => {
    await using folder = await tempFolder();
    const store = await openStore(urlFor(folder.file("queue.db")), "owner");
    try {
      const jobs = Array.from({ length: 1_000 }, (_, i) => newJob(`job ${i}`));
      assert.equal((await store.insert(jobs)).length, 1_000);
      const again = await store.insert(jobs);
      assert.equal(again.length, 500);
      assert.ok(again.every(({ outcome }, i) => outcome === "waiting" && again[i]?.job.id === `job ${i}`));
      // New jobs after the end of a turn wait for the next one.
      const mixed = [...jobs, newJob("new")];
      assert.equal((await store.insert(mixed)).length, 500);
      assert.equal(await store.get("new"), null);
    } finally {
      await store.close();
    }
  },
);
