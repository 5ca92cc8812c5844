/** One row that the database refuses to change, because of an edit by hand, harms no other. */
import assert from "node:assert/strict";
import { BACKEND, editTest, sqliteTest } from "../support/backend.ts";
import { claimNext } from "../support/queue/attempts.ts";
import { editByHand } from "../support/queue/hand_edit.ts";
import { type TestQueue, testQueue } from "../support/queue/test_queue.ts";

/** Raises an error whenever this condition holds for the change of a row. */
function trigger(when: string): string {
  if (BACKEND === "sqlite") {
    return `CREATE TRIGGER by_hand BEFORE UPDATE ON jobs WHEN ${when} BEGIN SELECT RAISE(ABORT, 'not this one'); END`;
  }
  return `CREATE FUNCTION by_hand() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
    CREATE TRIGGER by_hand BEFORE UPDATE ON jobs FOR EACH ROW WHEN (${when}) EXECUTE FUNCTION by_hand()`;
}

const IS_RELEASED = "OLD.status = 'PROCESSING' AND NEW.status <> 'PROCESSING'";

/** A process without a row holds these jobs: it has died. */
async function holdByDead({ queue }: TestQueue, ids: readonly string[]): Promise<void> {
  await queue.add(ids.map((id) => ({ id })));
  for (const _ of ids) await claimNext(queue);
}

async function statuses({ queue }: TestQueue, ids: readonly string[]): Promise<string[]> {
  return await Promise.all(ids.map(async (id) => (await queue.get(id)).job.status));
}

editTest(
  "a start does not fail because the job of a dead process has the most crashes that fit",
  async () => {
    await using on = await testQueue();
    await holdByDead(on, ["a"]);
    await editByHand(on.url, "UPDATE jobs SET crashes = 1000000");
    assert.equal((await on.queue.recover()).length, 1);
    const { job } = await on.queue.get("a");
    assert.deepEqual([job.status, job.crashes], ["UNPROCESSABLE", 1_000_000]);
  },
);

editTest(
  "a start does not fail because the release of one job is refused, and the pages name it",
  async () => {
    await using on = await testQueue();
    await holdByDead(on, ["a", "b", "c"]);
    await editByHand(on.url, trigger(`OLD.id = 'b' AND ${IS_RELEASED}`));
    assert.deepEqual((await on.queue.recover()).map(({ id }) => id), ["a", "c"]);
    assert.deepEqual(await statuses(on, ["a", "b", "c"]), ["PENDING", "PROCESSING", "PENDING"]);
    assert.match(
      on.queue.warnings.join(),
      /Job "b" stays in PROCESSING because its release is refused.*not this one/,
    );
  },
);

editTest("a sweep frees the others if the release of one silent job is refused", async () => {
  await using on = await testQueue();
  await holdByDead(on, ["a", "b"]);
  await editByHand(
    on.url,
    `UPDATE jobs SET last_heartbeat = 0; ${trigger(`OLD.id = 'a' AND ${IS_RELEASED}`)}`,
  );
  assert.equal(await on.queue.sweep({ held: [], freed: 0 }), 1);
  assert.deepEqual(await statuses(on, ["a", "b"]), ["PROCESSING", "PENDING"]);
});

editTest("a sweep frees a silent job behind very many whose release is refused", async () => {
  await using on = await testQueue();
  await editByHand(
    on.url,
    `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
     INSERT INTO jobs (id, status, lease, last_heartbeat) SELECT 'bad ' || i, 'PROCESSING', 1, 0 FROM n`,
  );
  await holdByDead(on, ["good"]);
  const isBad = `OLD.id LIKE 'bad %' AND ${IS_RELEASED}`;
  await editByHand(on.url, `UPDATE jobs SET last_heartbeat = 0 WHERE id = 'good'; ${trigger(isBad)}`);
  assert.equal(await on.queue.sweep({ held: [], freed: 0 }), 1);
  assert.deepEqual(await statuses(on, ["bad 1", "bad 1000", "good"]), [
    "PROCESSING",
    "PROCESSING",
    "PENDING",
  ]);
});

editTest("a start does not fail because of the numbers in the row of a process", async () => {
  for (const seenAt of ["9223372036854775807", "-9223372036854775808"]) {
    await using on = await testQueue();
    await on.store.join({ id: "another", host: "here", pid: 7, version: "" });
    await editByHand(on.url, `UPDATE processes SET seen_at = ${seenAt}, started_at = ${seenAt}`);
    await on.queue.recover();
    assert.doesNotThrow(() => on.queue.warnings);
  }
});

const IS_CLAIMED = "OLD.status = 'PENDING' AND NEW.status = 'PROCESSING'";

/** Claims until nothing is left, several at once as a busy consumer does, and one by one as an idle one does. */
async function claimAll({ queue }: TestQueue, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const { claimed } = await queue.claim([{ consumerId: "c1", limit, suspect: false }]);
    if (claimed.length === 0) return ids;
    ids.push(...claimed.map(({ id }) => id));
  }
}

for (const limit of [1, 10]) {
  editTest(`one job with the highest lease does not stop all others, ${limit} at a time`, async () => {
    await using on = await testQueue();
    await on.queue.add(["a", "b", "c", "d"].map((id) => ({ id })));
    await editByHand(on.url, "UPDATE jobs SET lease = 9007199254740991 WHERE id IN ('a', 'c')");
    assert.deepEqual(await claimAll(on, limit), ["b", "d"]);
    await on.queue.stats();
    assert.match(on.queue.warnings.join(), /Job "a" cannot be started, and the others go on/);
    assert.equal(on.queue.trouble, null);
  });

  editTest(`one job whose claim a trigger refuses does not stop all others, ${limit} at a time`, async () => {
    await using on = await testQueue();
    await on.queue.add(["a", "b", "c"].map((id) => ({ id })));
    await editByHand(on.url, trigger(`OLD.id = 'a' AND ${IS_CLAIMED}`));
    assert.deepEqual(await claimAll(on, limit), ["b", "c"]);
    assert.deepEqual(await statuses(on, ["a"]), ["PENDING"]);
    await on.queue.stats();
    assert.match(on.queue.warnings.join(), /Job "a" cannot be started.*not this one/);
  });
}

editTest("one suspect whose claim is refused stops neither another one nor the jobs beside it", async () => {
  await using on = await testQueue();
  await on.queue.add(["a", "b", "c"].map((id) => ({ id })));
  await editByHand(
    on.url,
    `UPDATE jobs SET suspect = 1 WHERE id <> 'c'; ${trigger(`OLD.id = 'a' AND ${IS_CLAIMED}`)}`,
  );
  const suspects = { consumerId: "c1", limit: 1, suspect: true };
  const { claimed } = await on.queue.claim([suspects, { consumerId: "c2", limit: 1, suspect: false }]);
  assert.deepEqual(claimed.map(({ id, consumerId }) => [id, consumerId]), [["b", "c1"], ["c", "c2"]]);
});

sqliteTest("a trigger that rolls back the whole transaction of a claim stops one job only", async () => {
  await using on = await testQueue();
  await on.queue.add(["a", "b"].map((id) => ({ id })));
  await editByHand(on.url, trigger(`OLD.id = 'a' AND ${IS_CLAIMED}`).replace("ABORT", "ROLLBACK"));
  assert.deepEqual(await claimAll(on, 5), ["b"]);
});
