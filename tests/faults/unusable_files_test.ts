/** Files beside the queue that cannot be written: work goes on, and the pages say what is missing. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { sqliteTest } from "../support/backend.ts";
import { tempFolder } from "../support/temp_folder.ts";

async function warningsOf(system: RunningSystem): Promise<string[]> {
  const { warnings } = await (await system.api("stats")).json();
  return warnings;
}

/** The Manager has the same view behind its login. */
async function textOfOps(system: RunningSystem): Promise<string> {
  return await (await fetch(system.ops)).text();
}

Deno.test("a log that cannot be written is a warning on the pages until it can, and no line of it is lost", async () => {
  await using folder = await tempFolder();
  const log = folder.file("logs/jobqueue.log");
  await Deno.mkdir(log, { recursive: true });
  await using system = await runSystem({ folder: folder.path, command: "supervise" });
  const isAboutIt = (text: string) => /Cannot write \S+\/jobqueue\.log: Is a directory/.test(text);
  assert.ok((await warningsOf(system)).some(isAboutIt));
  assert.ok(isAboutIt(await textOfOps(system)));
  await Deno.remove(log);
  await eventually("the warning is over", async () => !(await warningsOf(system)).some(isAboutIt));
  assert.match(await Deno.readTextFile(log), /Checked and requeued stalled jobs|\[INFO\]/);
});

Deno.test("a named pipe in place of the log, which no program reads, does not hang the start", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("logs"));
  for (const name of ["jobqueue", "producer"]) {
    const { success } = await new Deno.Command("mkfifo", { args: [folder.file(`logs/${name}.log`)] })
      .output();
    assert.ok(success);
  }
  await using system = await runSystem({ folder: folder.path, command: "supervise" });
  await system.healthy();
  assert.match((await warningsOf(system)).join(), /jobqueue\.log: it is a named pipe, not a file/);
});

sqliteTest("a folder in place of the sessions is a warning before anybody has to log in again", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("data/queue.db.sessions"), { recursive: true });
  await using system = await runSystem({ folder: folder.path, command: "supervise" });
  await eventually(
    "the warning",
    async () =>
      /Logins end with a restart, because \S+\.sessions cannot/.test((await warningsOf(system)).join()),
  );
  await eventually(
    "the log says it too",
    async () => /\[WARN\] Logins end/.test(await Deno.readTextFile(folder.file("logs/jobqueue.log"))),
  );
  await Deno.remove(folder.file("data/queue.db.sessions"));
  const form = new URLSearchParams({ password: "admin123" });
  const answer = await fetch(`${system.manager}/login`, { method: "POST", body: form, redirect: "manual" });
  await answer.body?.cancel();
  assert.equal(answer.status, 303);
  assert.doesNotMatch((await warningsOf(system)).join(), /Logins end/);
});
