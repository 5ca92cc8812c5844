/** What a job leaves behind in the process that all jobs share, with the permissions that a system really has. */
import assert from "node:assert/strict";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { runSystem } from "../support/processes/running_system.ts";

Deno.test("memory that a finished job goes on filling is not charged to the job that runs then", async () => {
  await using handlers = await handlerFolder({
    leaking: "const kept = []; export const handler = () => { setInterval(() => kept.push(Array.from(" +
      "{ length: 200_000 }, (_, i) => ({ i }))), 20); };",
    patient:
      "export const handler = () => new Promise((resolve) => setTimeout(() => resolve('done'), 4_000));",
  });
  const env = {
    ...{ HANDLERS_DIR: handlers.path, CONSUMERS: "1", CONSUMER_MEMORY_MB: "64", RETRY_DELAYS_MS: "none" },
  };
  await using system = await runSystem({ command: "start", env });
  await system.healthy();
  for (const kind of ["leaking", "patient"]) await (await system.api("jobs", { id: kind, kind })).text();
  const { crashes, result, lease } = await system.until("patient", "COMPLETED", 30_000);
  assert.deepEqual([crashes, result], [0, "done"]);
  assert.ok(Number(lease) > 1, "it ran in the thread that ended");
  const log = await Deno.readTextFile(`${system.folder}/logs/jobqueue.log`);
  assert.match(
    log,
    /It ran out of memory .*: code that job_id: leaking \(kind leaking\) had left behind runs/,
  );
});

for (const means of ["an imported function", "a thread of its own"]) {
  Deno.test(`a job that moves the working folder by ${means} costs no other job anything`, async () => {
    await using handlers = await handlerFolder({
      "an-imported-function":
        'import { chdir } from "node:process"; export const handler = () => chdir("data/files");',
      "a-thread-of-its-own": "export const handler = () => new Promise((resolve) => { new Worker(" +
        "'data:application/javascript,Deno.chdir(%22data/files%22);postMessage(1)', { type: 'module' })" +
        ".onmessage = resolve; });",
      reading: "export const handler = () => Deno.readTextFileSync('data/files/words.txt');",
    });
    const env = { HANDLERS_DIR: handlers.path, CONSUMERS: "1", RETRY_DELAYS_MS: "none" };
    await using system = await runSystem({ command: "start", env });
    await system.healthy();
    await Deno.writeTextFile(`${system.folder}/data/files/words.txt`, "read");
    await (await system.api("jobs", { id: "mover", kind: means.replaceAll(" ", "-") })).text();
    assert.equal((await system.until("mover", "COMPLETED")).crashes, 0);
    await (await system.api("jobs", { id: "reader", kind: "reading" })).text();
    assert.equal((await system.until("reader", "COMPLETED")).result, "read");
  });
}
