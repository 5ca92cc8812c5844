import assert from "node:assert/strict";
import { OPEN_OPS, openPages } from "./open_pages.ts";

Deno.test("a status that no job has does not catch the eye on Ops", async () => {
  await using pages = await openPages(OPEN_OPS);
  await pages.queue.add([{ id: "waits", kind: "mail" }]);
  const html = await (await pages.askOps("/")).text();
  const quiet = [...html.matchAll(/data-status="([A-Z]+)" data-empty/g)].map(([, status]) => status);
  assert.deepEqual(quiet, ["PROCESSING", "COMPLETED", "FAILED", "UNPROCESSABLE", "CANCELED"]);
});
