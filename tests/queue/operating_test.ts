import assert from "node:assert/strict";
import { claimNext, end } from "../support/queue/attempts.ts";
import { testQueue } from "../support/queue/test_queue.ts";

Deno.test("a move returns a result for each id, with a sentence for each refusal", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }, { id: "b" }]);
  await end(on.queue, await claimNext(on.queue), { type: "returned", result: null });
  const results = await on.queue.move("cancel", ["nobody", "a", "b"], "test");
  assert.deepEqual(results.map((one) => [one.id, one.ok, one.ok ? one.job.status : one.code]), [
    ["nobody", false, "unknown_job"],
    ["a", false, "illegal_move"],
    ["b", true, "CANCELED"],
  ]);
  const [unknown, illegal] = results;
  assert.ok(unknown?.ok === false && /nobody/.test(unknown.message));
  assert.ok(illegal?.ok === false && /"a".*COMPLETED/.test(illegal.message));
});

Deno.test("the event of a move names the user, the previous status and the ended lease", async () => {
  await using on = await testQueue();
  await on.queue.add([{ id: "a" }]);
  const held = await claimNext(on.queue);
  await on.queue.move("cancel", ["a"], "Ms. Miller");
  const moved = on.events.filter((event) => event.type === "moved");
  const lease = { seq: held.seq, lease: held.lease };
  assert.deepEqual(moved, [{
    type: "moved",
    isOneOfMany: false,
    verb: "cancel",
    id: "a",
    kind: "file",
    from: "PROCESSING",
    lease,
    by: "Ms. Miller",
  }]);
});

Deno.test("moveAll moves every job that matches and may be moved, over many pages, and no other", async () => {
  await using on = await testQueue();
  await on.queue.add(Array.from({ length: 450 }, (_, i) => ({ id: `old${i}` })));
  await on.queue.add(Array.from({ length: 30 }, (_, i) => ({ id: `mail${i}`, kind: "mail" })));
  await end(on.queue, await claimNext(on.queue), { type: "returned", result: null });
  await end(on.queue, await claimNext(on.queue), { type: "gave-up", error: "no" });
  await claimNext(on.queue);
  assert.equal(await on.queue.moveAll("cancel", { kind: "file", search: "old" }, { by: "test" }), 449);
  const { counts } = await on.queue.stats();
  assert.deepEqual([counts.CANCELED, counts.COMPLETED, counts.PENDING], [449, 1, 30]);
  assert.equal(await on.queue.moveAll("cancel", { kind: "file" }, { by: "test" }), 0);
});

Deno.test("moveAll with a status moves that status only", async () => {
  await using on = await testQueue();
  await on.queue.add(["a", "b", "c"].map((id) => ({ id })));
  await end(on.queue, await claimNext(on.queue), { type: "gave-up", error: "no" });
  await on.queue.move("cancel", ["b"], "test");
  assert.equal(await on.queue.moveAll("resubmit", { status: "FAILED" }, { by: "test" }), 1);
  assert.equal(await on.queue.moveAll("resubmit", { status: "COMPLETED" }, { by: "test" }), 0);
  assert.equal(await on.queue.moveAll("cancel", { status: "PROCESSING" }, { by: "test" }), 0);
  const statuses = await Promise.all(["a", "b", "c"].map(async (id) => (await on.queue.get(id)).job.status));
  assert.deepEqual(statuses, ["PENDING", "CANCELED", "PENDING"]);
});

Deno.test("moveAll with a part of the id matches % literally and moves no other job", async () => {
  await using on = await testQueue();
  await on.queue.add(["100%", "1000", "5%"].map((id) => ({ id })));
  assert.equal(await on.queue.moveAll("cancel", { search: "%" }, { by: "test" }), 2);
  assert.equal((await on.queue.get("1000")).job.status, "PENDING");
});

Deno.test("a job that finishes while moveAll runs is left alone", async () => {
  await using on = await testQueue();
  await on.queue.add(Array.from({ length: 300 }, (_, i) => ({ id: `a${i}` })));
  const { claimed } = await on.queue.claim([{ consumerId: "c1", limit: 300, suspect: false }]);
  const [moved, verdicts] = await Promise.all([
    on.queue.moveAll("cancel", {}, { by: "test" }),
    on.queue.settle(claimed.map((job) => ({ job, outcome: { type: "returned", result: null } }))),
  ]);
  const { counts } = await on.queue.stats();
  assert.deepEqual([counts.CANCELED, counts.COMPLETED], [
    moved,
    verdicts.filter(({ type }) => type === "stored").length,
  ]);
  assert.equal(counts.CANCELED + counts.COMPLETED, 300);
});

Deno.test("moveAll reports its progress, and can be ended early", async () => {
  await using on = await testQueue();
  await on.queue.add(Array.from({ length: 500 }, (_, i) => ({ id: `a${i}` })));
  const told: number[] = [];
  const end = new AbortController();
  const onProgress = (moved: number) => {
    told.push(moved);
    if (moved >= 400) end.abort();
  };
  assert.equal(await on.queue.moveAll("cancel", {}, { by: "test", onProgress, signal: end.signal }), 400);
  assert.deepEqual(told, [200, 400]);
});

Deno.test("a move of many jobs ends with one event, which says how far it got", async () => {
  await using on = await testQueue();
  const ids = Array.from({ length: 450 }, (_, i) => `job ${i}`);
  await on.queue.add(ids.map((id) => ({ id, kind: "mail" })));
  const told = (type: string) => on.events.filter((event) => event.type === type);
  const ended = { type: "moved-many", by: "test" };

  assert.equal((await on.queue.move("cancel", ids.slice(0, 50), "test")).length, 50);
  assert.deepEqual(told("moved-many"), [{ ...ended, verb: "cancel", count: 50, ended: "done" }]);
  assert.equal(told("moved").filter((event) => event.type === "moved" && event.isOneOfMany).length, 50);

  const stop = new AbortController();
  const signal = stop.signal;
  const onProgress = () => stop.abort();
  assert.equal(await on.queue.moveAll("cancel", {}, { by: "test", signal, onProgress }), 200);
  assert.deepEqual(told("moved-many")[1], { ...ended, verb: "cancel", count: 200, ended: "stopped" });
  const answers = await on.queue.move("cancel", ids, "test", { signal });
  assert.deepEqual(answers, [], "an aborted signal moves nothing");
  assert.equal((await on.queue.stats()).counts.PENDING, 200);
});

Deno.test("jobs with large values are moved a few per turn, and each has a result", async () => {
  await using on = await testQueue();
  const ids = Array.from({ length: 12 }, (_, i) => `job ${i}`);
  const payload = "x".repeat(300_000);
  await on.queue.add(ids.map((id) => ({ id, kind: "mail", payload })));
  const results = await on.queue.move("cancel", [...ids, "nobody"], "test");
  assert.deepEqual(results.map(({ id, ok }) => [id, ok]), [...ids.map((id) => [id, true]), [
    "nobody",
    false,
  ]]);
  assert.equal((await on.queue.get("job 7")).job.payload.length, 300_002);
});
