/** One row that the database refuses to change, because of an edit by hand, harms no other. */
import assert from "node:assert/strict";
import { BACKEND, editTest } from "../support/backend.ts";
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

editTest("a start does not fail because of the numbers in the row of a process", async () => {
  for (const seenAt of ["9223372036854775807", "-9223372036854775808"]) {
    await using on = await testQueue();
    await on.store.join({ id: "another", host: "here", pid: 7, version: "" });
    await editByHand(on.url, `UPDATE processes SET seen_at = ${seenAt}, started_at = ${seenAt}`);
    await on.queue.recover();
    assert.doesNotThrow(() => on.queue.warnings);
  }
});
