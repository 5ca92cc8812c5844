import assert from "node:assert/strict";
import { clockSystem } from "./clock/system.ts";
import { eventually } from "../support/eventually.ts";

const HOUR_MS = 3_600_000;

for (const byMs of [HOUR_MS, -HOUR_MS]) {
  Deno.test(`a retry keeps its wait when the clock is set by ${byMs} ms at the moment its attempt fails`, async () => {
    await using system = await clockSystem({ CONSUMERS: "1", RETRY_DELAYS_MS: "300" });
    const { queue, failures } = system;
    queue.subscribe((event) => {
      if (event.type === "retrying") system.setClock(byMs);
    });
    await queue.add([{ id: "j", kind: "fail", payload: 2 }]);
    await eventually("it was tried again", () => failures.get("j")?.length === 2);
    const [first = 0, second = 0] = failures.get("j") ?? [];
    assert.ok(second - first > 299, `after ${second - first} ms`);
  });
}
