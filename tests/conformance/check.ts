import assert from "node:assert/strict";
import { STATUSES } from "../../queue/job.ts";
import { bring, deepCheck } from "./stage.ts";
import type { Case } from "./suite.ts";

export function checkCases(test: Case): void {
  test("a quick check of a sound store finds nothing", async ({ store }) => {
    assert.deepEqual(await store.check(), []);
    for (const status of STATUSES) await bring(store, status, status);
    assert.deepEqual(await store.check(), []);
  });
}

export function deepCheckCases(test: Case): void {
  test("a deep check of a sound store finds nothing", async ({ store }) => {
    assert.deepEqual(await deepCheck(store), []);
    for (const status of STATUSES) await bring(store, status, status);
    assert.deepEqual(await deepCheck(store), []);
  });
}
