/** The filters of the Manager's list that say when. */
import assert from "node:assert/strict";
import { countMatching } from "../../ui/manager/bulk_actions.ts";
import { describeQuery, isInRunOrder, listPath, readQuery } from "../../ui/manager/list_query.ts";
import { testQueue } from "../support/queue/test_queue.ts";

const query = (words: string) => readQuery(new URLSearchParams(words));

Deno.test("the address of the list keeps the filters for scheduled and for changed jobs, which the page puts into words", () => {
  const scheduled = query("due=later");
  assert.equal(scheduled.status, "PENDING", "nothing else is scheduled");
  assert.ok(isInRunOrder(scheduled), "in the order in which they will run");
  assert.ok(!isInRunOrder(query("due=later&kind=mail")));
  assert.equal(listPath(scheduled), "/?status=PENDING&due=later");
  assert.equal(describeQuery(scheduled), "PENDING jobs scheduled for later");
  assert.equal(describeQuery(query("changed_since=1h")), "jobs changed in the last hour");
  assert.equal(describeQuery(query("changed_since=3d")), "jobs changed in the last 3d");
  assert.equal(
    describeQuery(query("status=FAILED&changed_since=2026-11-28T10:00:00Z")),
    "FAILED jobs changed since 2026-11-28T10:00:00Z",
  );
  assert.deepEqual(query("stalled=1&due=later"), { ...query(""), stalled: true });
});

Deno.test("the question before an action counts only the jobs that its filters for time match", async () => {
  await using on = await testQueue();
  const now = on.clock();
  await on.queue.add([{ id: "a", kind: "mail" }, { id: "b", kind: "mail", runAt: now + 60_000 }]);
  on.clock.pass(1_000);
  await on.queue.add([{ id: "c", kind: "mail" }]);
  const count = async (filter: Parameters<typeof countMatching>[2]) =>
    (await countMatching(on.queue, "cancel", filter)).n;
  assert.equal(await count({ status: "PENDING" }), 3);
  assert.equal(await count({ status: "PENDING", due: "later" }), 1);
  assert.equal(await count({ status: "PENDING", due: "now" }), 2);
  assert.equal(await count({ changedSince: now + 1 }), 1);
  assert.equal(await on.queue.moveAll("cancel", { due: "later" }, { by: "test" }), 1);
  assert.equal((await on.queue.get("b")).job.status, "CANCELED");
});
