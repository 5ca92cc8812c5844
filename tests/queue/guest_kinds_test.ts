/** A program that adds jobs beside the system has no handlers: which kinds it may add. */
import assert from "node:assert/strict";
import { getQueue, type OpenOptions, type Queue, QueueError } from "@persistent-queue/queue";
import { BACKEND } from "../support/backend.ts";
import { type TestQueue, testQueue } from "../support/queue/test_queue.ts";

/** Resolves with the message of the refusal. */
async function refusalOf(queue: Queue, kind: string): Promise<string> {
  const error = await queue.add([{ kind }]).then(() => null, (error) => error);
  assert.ok(error instanceof QueueError && error.code === "unknown_kind", `${kind}: ${error}`);
  return error.message;
}

async function asGuest(
  { url, clock }: TestQueue,
  what: (queue: Queue) => Promise<void>,
  options: OpenOptions = {},
): Promise<void> {
  const queue = await getQueue(url, { ...options, now: clock });
  try {
    await what(queue);
  } finally {
    await queue.close();
  }
}

Deno.test("a program that names no kinds adds jobs of any kind where no host says which there are", async () => {
  await using on = await testQueue();
  await asGuest(on, async (queue) => {
    const added = await queue.add([{ kind: "fax", payload: 1 }, { id: "data/files/a.txt" }]);
    assert.deepEqual(added.map(({ job }) => job.kind), ["fax", "file"]);
    for (const kind of ["", "File", "a b", "2fa", "a".repeat(65), "mail\n", "__proto__", "mail_test"]) {
      assert.match(await refusalOf(queue, kind), /No handler can be named ".*small letters/);
    }
  });
});

Deno.test({
  name: "a program that names no kinds adds jobs of the kinds that the running hosts have, and of no others",
  ignore: BACKEND === "sqlite",
  async fn() {
    await using on = await testQueue();
    await on.queue.recover();
    await on.queue.claim([{ consumerId: "c1", limit: 1, suspect: false }]);
    await asGuest(on, async (queue) => {
      const [added] = await queue.add([{ kind: "mail" }]);
      assert.equal(added?.job.kind, "mail");
      assert.match(
        await refusalOf(queue, "fax"),
        /"fax": known kinds are file, mail \(add one in the HANDLERS_DIR of the running system/,
      );
    });
  },
});

Deno.test("a program may name its kinds: only these are accepted, and a refusal gives no advice about a folder that it does not have", async () => {
  await using on = await testQueue();
  await asGuest(on, async (queue) => {
    const [added] = await queue.add([{ kind: "fax" }]);
    assert.equal(added?.job.kind, "fax");
    const refusal = await refusalOf(queue, "fox");
    assert.match(refusal, /known kinds are fax/);
    assert.doesNotMatch(refusal, /workers\/handlers/);
  }, { kinds: ["fax"] });
});
