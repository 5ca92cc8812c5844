/** The outcomes of handlers, and what becomes of their jobs, through real threads. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { isOfClaim } from "../support/queue/claims.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { testSystem } from "../support/system/test_system.ts";
import { editTest } from "../support/backend.ts";

Deno.test("a failing job is tried four times, with the delays in between, keeps its consumer, and ends UNPROCESSABLE with retries = 3", async () => {
  await using system = await testSystem({ RETRY_DELAYS_MS: "100,200,400" });
  await system.queue.add([{ id: "bad", kind: "fail", payload: 99 }]);
  const job = await system.until("bad", ({ status }) => status === "UNPROCESSABLE");
  assert.equal(job.retries, 3);
  const { history } = await system.queue.get("bad");
  assert.deepEqual(history.map(({ event }) => event), ["retried", "retried", "retried", "exhausted"]);
  assert.equal(new Set(history.map(({ consumerId }) => consumerId)).size, 1);
  const gaps = history.slice(1).map(({ at }, i) => at - (history[i]?.at ?? 0));
  for (const [i, least] of [100, 200, 400].entries()) {
    assert.ok((gaps[i] ?? 0) >= least, `gap ${i} of ${gaps}`);
    assert.ok((gaps[i] ?? 0) < least + 500, `gap ${i} of ${gaps}`);
  }
  await system.stop();
  const lines = system.logLines("consumer_").join("\n");
  assert.match(
    lines,
    /\[WARN\] Attempt 1\/3 failed for bad: attempt 1 failed on purpose\. Retrying in 0\.1s/,
  );
  assert.match(lines, /Attempt 3\/3 failed for bad: .* Retrying in 0\.4s/);
  assert.match(lines, /Max retries reached, marked failed/);
  assert.match(lines, /Marked job_id failed: bad/);
});

Deno.test("while a failed job waits for its next attempt its only consumer works on others", async () => {
  await using system = await testSystem({ CONSUMERS: "1", RETRY_DELAYS_MS: "400" });
  await system.queue.add([{ id: "bad", kind: "fail", payload: 1 }]);
  await system.until("bad", ({ retries }) => retries === 1);
  await system.queue.add([{ id: "other", kind: "noop" }]);
  await system.until("other", ({ status }) => status === "COMPLETED");
  assert.equal((await system.queue.get("bad")).job.status, "PROCESSING");
  const job = await system.until("bad", ({ status }) => status === "COMPLETED");
  assert.equal(job.result, '"done at attempt 2"');
});

Deno.test("a handler that gives up makes its job FAILED at once", async () => {
  await using system = await testSystem();
  await system.queue.add([{ id: "useless", kind: "give_up" }]);
  const job = await system.until("useless", ({ status }) => status === "FAILED");
  assert.equal(job.retries, 0);
  assert.equal(job.error, "no use");
});

Deno.test("RetryLater calls the handler again without using up a retry", async () => {
  await using system = await testSystem();
  await system.queue.add([{ id: "later", kind: "later", payload: 200 }]);
  const job = await system.until("later", ({ status }) => status === "COMPLETED");
  assert.equal(job.retries, 0);
  const { history } = await system.queue.get("later");
  assert.ok(history.length === 1 && history.every(({ event }) => event === "postponed"));
});

Deno.test("past its deadline the signal fires, the attempt counts as failed, and with no retry left the job is FAILED", async () => {
  await using system = await testSystem({ RETRY_DELAYS_MS: "10" });
  await system.queue.add([{ id: "slow", kind: "overdue" }]);
  const job = await system.until("slow", ({ status }) => status === "FAILED");
  assert.equal(job.retries, 1);
  assert.match(job.error ?? "", /past its deadline of 0\.03 s/);
});

Deno.test("cancel reaches a running handler through its signal, and its late result changes nothing", async () => {
  // On a busy machine a healthy thread may be silent for longer than the tests call a stall.
  await using system = await testSystem({ STALL_MS: "60000" });
  await system.queue.add([{ id: "long", kind: "wait", payload: 60_000 }]);
  await eventually(
    "it works",
    () => system.supervisor.view().consumers.some(({ jobId }) => jobId === "long"),
  );
  await system.queue.move("cancel", ["long"], "test");
  await eventually(
    "it stopped",
    () => system.supervisor.view().consumers.every(({ jobId }) => jobId === null),
  );
  const { job, history } = await system.queue.get("long");
  assert.equal(job.status, "CANCELED");
  assert.deepEqual(history.map(({ event }) => event), ["canceled"]);
  assert.ok(system.supervisor.view().consumers.every(({ restarts }) => restarts === 0));
});

editTest(
  "a job of an unknown kind waits, and says so, until its kind is known; other jobs continue",
  async () => {
    const insert = "INSERT INTO jobs (id, kind, priority) VALUES ('orphan', 'gone', 9), ('known', 'noop', 0)";
    await using system = await testSystem();
    const { queueUrl } = system.settings;
    await editByHand(queueUrl, insert);
    await system.until("known", ({ status }) => status === "COMPLETED");
    const { job } = await system.queue.get("orphan");
    assert.deepEqual([job.status, job.retries, job.consumerId, job.error], ["PENDING", 0, null, null]);
    const { counts, parked, ageMs } = await system.queue.stats();
    assert.deepEqual([counts.PENDING, parked, ageMs], [1, [{ kind: "gone", count: 1 }], 0]);
    assert.deepEqual(system.supervisor.view().warnings, [
      '1 job waits because no handler is named "gone": add gone.ts in workers/handlers and restart, or cancel it.',
    ]);
    const told = () =>
      system.logLines("jobqueue").filter((line) => line.includes('No handler is named "gone"')).length;
    await eventually("the log says so", () => told() > 0);
    // An operator gives it a known kind while the system runs.
    await editByHand(queueUrl, "UPDATE jobs SET kind = 'noop' WHERE id = 'orphan'");
    await system.until("orphan", ({ status }) => status === "COMPLETED");
    assert.equal(told(), 1);
  },
);

Deno.test("the short jobs behind one that turns out to be long go to other consumers within a tenth of a second", async () => {
  await using system = await testSystem({ CONSUMERS: "2", STALL_MS: "10000" });
  // Short jobs raise the prefetch, so each thread has dozens in flight when a long one comes and blocks it.
  await system.queue.add(Array.from({ length: 2000 }, (_, i) => ({ id: `short ${i}`, kind: "noop" })));
  await system.queue.add([{ id: "long", kind: "block", payload: 1500 }]);
  await system.queue.add(Array.from({ length: 200 }, (_, i) => ({ id: `behind ${i}`, kind: "noop" })));
  await system.until("long", ({ status }) => status === "PROCESSING");
  const began = performance.now();
  // Reading them one after the other takes too long on some backends.
  const done = { status: "COMPLETED", search: "behind", limit: 200 } as const;
  await eventually("they are done", async () => (await system.queue.list(done)).jobs.length === 200);
  assert.ok(performance.now() - began < 1000, `${performance.now() - began} ms`);
  assert.equal((await system.queue.get("long")).job.status, "PROCESSING");
  await system.until("long", ({ status }) => status === "COMPLETED");
});

Deno.test("a stop lets running jobs finish, and returns waiting ones without charging them", async () => {
  await using system = await testSystem({ CONSUMERS: "1", RETRY_DELAYS_MS: "60000" });
  await system.queue.add([{ id: "waiting", kind: "fail", payload: 1 }]);
  await system.until("waiting", ({ retries }) => retries === 1);
  await system.queue.add([{ id: "running", kind: "wait", payload: 300 }, { id: "unbegun", kind: "noop" }]);
  await eventually(
    "it works",
    () => system.supervisor.view().consumers.some(({ jobId }) => jobId === "running"),
  );
  await system.supervisor.stop();
  const status = async (id: string) => (await system.queue.get(id)).job;
  assert.equal((await status("running")).status, "COMPLETED");
  assert.equal((await status("unbegun")).status, "PENDING");
  const waiting = await status("waiting");
  assert.equal(waiting.status, "PENDING");
  assert.equal(waiting.retries, 1);
  assert.equal(waiting.crashes, 0);
});

Deno.test("RetryLater without a number of milliseconds fails the attempt with the reason, and ends no thread", async () => {
  await using system = await testSystem({ CONSUMERS: "1", RETRY_DELAYS_MS: "1", STALL_MS: "20000" });
  const ways = ["60", null, true, [500], -5, "a date", "a big integer", "not a number", "changed afterwards"]
    .concat([1e300, Date.now()]);
  await system.queue.add(ways.map((way) => ({ id: `later ${way}`, kind: "odd_delay", payload: way })));
  for (const way of ways) {
    const job = await system.until(`later ${way}`, ({ status }) => status === "UNPROCESSABLE");
    assert.match(job.error ?? "", /RetryLater takes a number of milliseconds/);
    assert.deepEqual([job.retries, job.crashes], [1, 0]);
  }
  assert.equal(system.supervisor.view().consumers[0]?.restarts, 0);
});

Deno.test("a handler that computes is ended a second after its deadline, and the attempt fails", async () => {
  await using system = await testSystem({ CONSUMERS: "2", RETRY_DELAYS_MS: "none", STALL_MS: "20000" });
  await system.queue.add([{ id: "late", kind: "spin", payload: "deadline" }, {
    id: "other",
    kind: "wait",
    payload: 900,
  }]);
  const began = performance.now();
  const { error, crashes } = await system.until("late", ({ status }) => status === "FAILED");
  assert.ok(performance.now() - began < 4_000);
  assert.match(error ?? "", /past its deadline of 0\.2 s, and was cut off/);
  assert.equal(crashes, 0);
  const other = await system.until("other", ({ status }) => status === "COMPLETED");
  assert.ok(isOfClaim(1, other.lease) && other.crashes === 0);
  assert.deepEqual(system.fatal, []);
});

Deno.test("a handler that computes is ended within two seconds of its cancel, and its thread is replaced", async () => {
  await using system = await testSystem({ CONSUMERS: "1", STALL_MS: "20000" });
  await system.queue.add([{ id: "spin", kind: "hang", payload: "loop" }]);
  const first = () => system.supervisor.view().consumers[0];
  await eventually("it runs", () => first()?.jobId === "spin");
  const hung = first()?.id;
  await system.queue.move("cancel", ["spin"], "a test");
  const began = performance.now();
  // How long the next thread takes to start depends on how busy the machine is.
  await eventually("its thread is ended", () => first()?.id !== hung);
  assert.ok(performance.now() - began < 3_000, `${performance.now() - began} ms`);
  await system.queue.add([{ id: "next", kind: "noop" }]);
  await system.until("next", ({ status }) => status === "COMPLETED");
  const { job } = await system.queue.get("spin");
  assert.deepEqual([job.status, job.crashes], ["CANCELED", 0]);
});
