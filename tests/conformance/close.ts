import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import type { Store } from "../../queue/store.ts";
import { storedJob } from "./dump.ts";
import { add, newJob, PROCESS } from "./stage.ts";
import type { Case } from "./suite.ts";

const CALLS: Record<
  Exclude<
    keyof Store,
    "close" | "now" | "shownTime" | "capabilities" | "takesCallsInOrder" | "maxPrefetch"
  >,
  (store: Store) => Promise<unknown>
> = {
  insert: (store) => store.insert([newJob("b")]),
  claim: (store) => store.claim([{ consumerId: "c1", limit: 1, suspect: false }]),
  renew: (store) => store.renew([{ seq: 1, lease: 1 }]),
  settle: (store) => store.settle([{ seq: 1, lease: 1, verb: "complete", result: null }]),
  move: (store) => store.move("cancel", ["a"]),
  orphans: (store) => store.orphans({ process: null, limit: 1 }),
  join: (store) => store.join(PROCESS),
  beat: (store) => store.beat(),
  leave: (store) => store.leave(PROCESS.id),
  processes: (store) => store.processes({ silentForMs: 1_000 }),
  prune: (store) => store.prune({ olderThanMs: 0, after: 0, limit: 1 }),
  get: (store) => store.get("a"),
  getMany: (store) => store.getMany([1]),
  list: (store) => store.list({ limit: 1 }),
  stats: (store) => store.stats({ silentForMs: 0 }),
  watch: (store) => Promise.try(() => store.watch(() => {})),
  probe: (store) => store.probe(),
  check: (store) => store.check(),
  dump: (store) => store.dump({ after: null, limit: 1 }),
  restore: (store) => store.restore([storedJob("b")]),
  copyMark: (store) => store.copyMark.isSet(),
};

export function closeCases(test: Case): void {
  test("a closed store rejects every call with a StorageError, and may be closed again", async ({ store }) => {
    await store.close();
    for (const [verb, call] of Object.entries(CALLS)) await assert.rejects(call(store), StorageError, verb);
    const { backup, deepCheck, hosts, facts } = store.capabilities;
    if (typeof backup === "function") await assert.rejects(backup("never written"), StorageError);
    if (typeof deepCheck === "function") await assert.rejects(deepCheck(), StorageError);
    if (!("reason" in hosts)) {
      await assert.rejects(hosts.send(PROCESS.id, "never sent"), StorageError);
      await assert.rejects(hosts.tell("never told"), StorageError);
      for (const verb of ["listen", "hear"] as const) {
        assert.throws(() => hosts[verb](() => {}), StorageError);
      }
    }
    if (!("reason" in facts)) {
      const fact = { realm: "realm", key: "key", text: "", livesMs: 1_000 };
      await assert.rejects(facts.put(fact, null), StorageError);
      await assert.rejects(facts.remove("realm", "key"), StorageError);
      await assert.rejects(facts.list("realm"), StorageError);
    }
    await store.close();
  });

  test("close completes the writes that were requested before it", async ({ store, second }) => {
    const other = await second();
    const asked = [add(store, "a"), add(store, "b")];
    await store.close();
    assert.deepEqual((await Promise.all(asked)).map((job) => job.id), ["a", "b"]);
    assert.equal((await other.stats({ silentForMs: 0 })).counts.PENDING, 2);
  });

  test("what was written before close is there when the store is opened again", async ({ store, second }) => {
    await add(store, "a");
    await store.close();
    assert.equal((await (await second()).get("a"))?.job.status, "PENDING");
  });
}
