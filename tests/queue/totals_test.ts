import assert from "node:assert/strict";
import { Totals } from "../../queue/inspecting/counters.ts";
import { claimNext, end } from "../support/queue/attempts.ts";
import { testQueue } from "../support/queue/test_queue.ts";

Deno.test("totals count by kind what has happened since the start, and a snoozed attempt is not a failure", async () => {
  await using on = await testQueue();
  const { queue } = on;
  await queue.add([{ id: "a" }, { id: "b" }, { id: "c", kind: "mail" }]);
  await end(queue, await claimNext(queue), { type: "returned", result: null });
  await end(queue, await claimNext(queue), { type: "retry-later", delayMs: 5, error: "busy" });
  await end(queue, await claimNext(queue), { type: "gave-up", error: "no use" });
  await queue.move("cancel", ["c"], "test");
  await queue.move("resubmit", ["c"], "test");
  const { totals } = await queue.stats();
  const of = (wanted: string) => totals.find(({ kind }) => kind === wanted);
  const zero = { postponed: 0, crashed: 0, stalled: 0, released: 0, exhausted: 0, fenced: 0 };
  const none = { ...zero, completed: 0, failed: 0, canceled: 0, resubmitted: 0, failedAttempts: 0 };
  assert.deepEqual(of("file"), {
    kind: "file",
    ...none,
    added: 2,
    started: 2,
    attempts: 2,
    completed: 1,
    postponed: 1,
  });
  assert.deepEqual(of("mail"), {
    ...{ kind: "mail", ...none, added: 1, started: 1, attempts: 1, failedAttempts: 1, failed: 1 },
    ...{ canceled: 1, resubmitted: 1 },
  });
});

Deno.test("attempts are counted as many as have ended in each way: a job that waited for a retry or for its handler is none", async () => {
  await using on = await testQueue();
  const { queue } = on;
  const ids = ["ran", "waited", "stopped", "waited too"];
  await queue.add(ids.map((id) => ({ id, kind: "mail" })));
  const report = { ranMs: 5, detail: null, log: null };
  const crashed = { type: "crashed", detail: "It died", guilty: false } as const;
  await end(queue, await claimNext(queue), { ...crashed, report });
  for (const outcome of [crashed, { type: "stopped", detail: "The system stopped" }] as const) {
    await end(queue, await claimNext(queue), outcome);
  }
  await end(queue, await claimNext(queue), { type: "stopped", detail: "The system stopped", report });
  const mail = (await queue.stats()).totals.find(({ kind }) => kind === "mail");
  assert.deepEqual([mail?.attempts, mail?.crashed, mail?.released], [2, 1, 1]);
});

Deno.test("a snoozed job gets no error, and keeps the one it had", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const claimed = await claimNext(on.queue);
  await end(on.queue, claimed, { type: "retry-later", delayMs: 5, error: "busy" });
  assert.equal((await on.queue.get("a")).job.error, null);
  await end(on.queue, claimed, { type: "threw", error: "it broke" });
  await end(on.queue, { ...claimed, retries: 1 }, { type: "retry-later", delayMs: 5, error: "busy" });
  assert.equal((await on.queue.get("a")).job.error, "it broke");
});

Deno.test("of the jobs that a dead process held, those that waited for a retry count as no attempts", () => {
  const totals = new Totals([]);
  const reaped = { seq: 1, lease: 1, id: "a", kind: "mail", consumerId: "c", status: "PENDING" } as const;
  totals.reaped([{ ...reaped, wasRunning: true }, { ...reaped, wasRunning: false }], "crashed");
  const [mail] = totals.view().totals;
  assert.deepEqual([mail?.attempts, mail?.crashed], [1, 1]);
});

Deno.test("kinds made up by manual edits are counted together beyond a hundred", () => {
  const totals = new Totals(["file"]);
  const job = (kind: string) => ({ kind } as Parameters<Totals["claimed"]>[0][number]);
  totals.claimed(Array.from({ length: 5_000 }, (_, i) => job(`kind ${i}`)));
  const list = totals.view().totals;
  assert.ok(list.length <= 101);
  assert.equal(list.reduce((sum, { started }) => sum + started, 0), 5_000);
});
