/**
 * A process with a whole system, whose handlers throw untrusted text that is never caught. The parent checks what the
 * runtime prints of it. `deno run -A evil_system.ts <text>`
 */
import { testSystem } from "../support/system/test_system.ts";

const text = Deno.args[0] ?? "";
await using system = await testSystem({ CRASH_LIMIT: "1" });
for (const how of ["throw-outside", "reject-outside"]) {
  await system.queue.add([{ id: how, kind: "say", payload: { how, text } }]);
  await system.until(how, ({ status }) => status === "UNPROCESSABLE");
}
