/**
 * A process with a whole system in it, whose handlers throw what a stranger wrote where nobody catches it. What the
 * runtime prints of that is what its parent looks at. `deno run -A evil_system.ts <text>`
 */
import { testSystem } from "./test_system.ts";

const text = Deno.args[0] ?? "";
await using system = await testSystem({ CRASH_LIMIT: "1" });
for (const how of ["throw-outside", "reject-outside"]) {
  await system.queue.add([{ id: how, kind: "say", payload: { how, text } }]);
  await system.until(how, ({ status }) => status === "UNPROCESSABLE");
}
