import assert from "node:assert/strict";
import { backUp } from "../../queue/capabilities.ts";
import { STATUSES } from "../../queue/job.ts";
import { add, bring, newJob } from "./stage.ts";
import type { Case } from "./suite.ts";

export function backupCases(test: Case): void {
  test("a backup holds every job with its history, and works as a queue", async ({ store, folder, restored }) => {
    for (const status of STATUSES) await bring(store, status, status);
    await backUp(store, `${folder}/copy`);
    await add(store, "too late");
    const copy = await restored(`${folder}/copy`);
    for (const status of STATUSES) assert.deepEqual(await copy.get(status), await store.get(status));
    assert.equal(await copy.get("too late"), null);
    const { counts } = await copy.stats({ silentForMs: 0 });
    assert.deepEqual(counts, Object.fromEntries(STATUSES.map((status) => [status, 1])));
    assert.deepEqual(await copy.check(), []);
    assert.ok(
      (await add(copy, "new")).seq > (await copy.get("CANCELED").then((found) => found?.job.seq ?? 0)),
    );
  });

  test("a backup under load holds every write that was acknowledged before", async ({ store, folder, restored }) => {
    const writes = Array.from({ length: 20 }, (_, i) => store.insert([newJob(`a${i}`), newJob(`b${i}`)]));
    await writes[4];
    const before = (await store.list({ limit: 100 })).jobs.map((job) => job.id);
    const [, ...rest] = await Promise.all([backUp(store, `${folder}/copy`), ...writes]);
    assert.equal(rest.length, 20);
    const copy = await restored(`${folder}/copy`);
    for (const id of before) assert.ok(await copy.get(id));
    for (let i = 0; i < 20; i++) {
      assert.equal(
        await copy.get(`a${i}`) === null,
        await copy.get(`b${i}`) === null,
        "no write is there in part",
      );
    }
  });

  test("a backup that cannot be written is an error and leaves nothing behind", async ({ store, folder }) => {
    await add(store, "a");
    await assert.rejects(backUp(store, `${folder}/no such folder/copy`));
    await assert.rejects(Deno.stat(`${folder}/no such folder`), Deno.errors.NotFound);
    assert.equal((await store.stats({ silentForMs: 0 })).counts.PENDING, 1);
  });
}
