/** When a start is over, for those who wait for it: load balancers, orchestrators, the greeting. */
import assert from "node:assert/strict";
import { testSystem } from "../support/system/test_system.ts";

Deno.test("it was ready before any consumer lived: it starts until the first one takes jobs", async () => {
  await using system = await testSystem({ CONSUMERS: "1" });
  const { supervisor } = system;
  // Its threads have been told to start, and have not had a turn of the event loop to answer in.
  assert.match(supervisor.view().trouble ?? "", /^No consumer is alive/);
  assert.equal(supervisor.view().starting, true);
  await supervisor.begun;
  const { trouble, starting } = supervisor.view();
  assert.deepEqual({ trouble, starting }, { trouble: null, starting: false });
});
