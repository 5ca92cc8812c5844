/** A system in a separate process that may open only a few files: can it still be reached, and how do its jobs end? */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { eventually } from "../../support/eventually.ts";
import { testSystem } from "../../support/system/test_system.ts";

const [lastsMs = "0"] = Deno.args;
await using system = await testSystem({ CONSUMERS: "2", STALL_MS: "20000" });
const { queue } = system;
// As the pages do.
const server = createServer((_, response) => response.end("here")).listen(0, "127.0.0.1");
await eventually("it listens", () => server.listening);
const { port } = server.address() as AddressInfo;
// With a spare thread.
await eventually(
  "all are there",
  () => system.supervisor.view().consumers.every(({ state }) => state === "idle"),
);
await new Promise((resolve) => setTimeout(resolve, 1_500));
await queue.add([{ id: "leak", kind: "leak", payload: Number(lastsMs) }]);
await eventually("all files are taken", async () => {
  const { job } = await queue.get("leak");
  return job.status !== "PENDING" && (!canOpen() || isTold());
});
await queue.add([{ id: "next", kind: "plain", payload: 1 }]);
await eventually("the system can be reached", async () => {
  const response = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
  return await response?.text() === "here" && canOpen();
}, { withinMs: 20_000 });
await eventually("the next job is done", async () => (await queue.get("next")).job.status === "COMPLETED", {
  withinMs: 20_000,
});
const { job: leak } = await queue.get("leak");
const { job: next } = await queue.get("next");
server.close();
await system.stop();
console.log(JSON.stringify({ leak: leak.status, crashes: next.crashes, told: told().length }));
Deno.exit(0);

/** The lines of the system's log about it. */
function told(): string[] {
  return system.logLines("jobqueue").filter((line) => line.includes("can hardly open any more files"));
}

/** If the log cannot be opened, the last files were taken just after `canOpen` returned. */
function isTold(): boolean {
  try {
    return told().length > 0;
  } catch {
    return true;
  }
}

function canOpen(): boolean {
  const opened: Deno.FsFile[] = [];
  try {
    for (let n = 0; n < 20; n++) opened.push(Deno.openSync("."));
    return true;
  } catch {
    return false;
  } finally {
    for (const file of opened) file.close();
  }
}
