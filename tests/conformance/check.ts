import assert from "node:assert/strict";
import { STATUSES } from "../../queue/job.ts";
import { bring } from "./stage.ts";
import type { Case } from "./suite.ts";

export function checkCases(test: Case): void {
  for (const deep of [false, true]) {
    test(`${deep ? "a deep" : "a quick"} check of a sound store finds nothing`, async ({ store }) => {
      assert.deepEqual(await store.check({ deep }), []);
      for (const status of STATUSES) await bring(store, status, status);
      assert.deepEqual(await store.check({ deep }), []);
    });
  }
}
