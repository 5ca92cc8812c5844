import assert from "node:assert/strict";
import { lateness } from "../../queue/clock_rollback.ts";

Deno.test("a claim that waited for a lock is as late as it waited; an ordinary one is on time", () => {
  let now = 10.5;
  const late = lateness(() => now);
  assert.equal(late(), 0);
  now += 499;
  assert.equal(late(), 0);
  now += 2.2;
  assert.equal(late(), 501);
});
