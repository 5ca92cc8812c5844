import assert from "node:assert/strict";
import { add, NOW } from "./stage.ts";
import type { Case } from "./suite.ts";

export function foreignWritesCases(test: Case): void {
  test("foreignWrites changes when another program has written", async ({ store, second }) => {
    const other = await second();
    const before = await store.foreignWrites();
    await add(other, "a");
    const after = await store.foreignWrites();
    assert.notEqual(after, before);
    assert.equal(await store.foreignWrites(), after);
    await other.move("cancel", ["a"], NOW);
    assert.notEqual(await store.foreignWrites(), after);
  });

  test("foreignWrites does not change when this store writes or another program reads", async ({ store, second }) => {
    const other = await second();
    const before = await store.foreignWrites();
    await add(store, "a");
    await other.get("a");
    await other.list({ limit: 5 });
    assert.equal(await store.foreignWrites(), before);
  });
}
