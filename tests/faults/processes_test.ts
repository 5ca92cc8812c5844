/** Stories of whole processes that die, hang or are told to stop: driven from outside. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { eventually } from "../support/eventually.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { addFile, runSystem } from "../support/running_system.ts";

Deno.test("the supervisor is killed: the guard starts it again within seconds, and no job is lost", async () => {
  await using system = await runSystem();
  const ids: string[] = [];
  for (let i = 0; i < 10; i++) ids.push(await addFile(system, `job-${i}.txt`));
  const before = system.supervisorPid();
  const killedAt = performance.now();
  Deno.kill(before, "SIGKILL");
  await eventually("another supervisor greets", () => system.supervisorPid() !== before, {
    withinMs: 10_000,
  });
  await system.healthy();
  const ms = performance.now() - killedAt;
  assert.ok(ms < 5_000, `back after ${ms} ms`);
  for (const id of ids) {
    await system.until(id, "COMPLETED");
    assert.match(
      await Deno.readTextFile(`${system.folder}/${id}`),
      /\d{4}-\d\d-\d\dT.*Z stamped by [0-9a-f-]{36}, lease \d+\n$/,
    );
  }
});

Deno.test("the guard is killed: the supervisor does not stay behind as an orphan", async () => {
  await using system = await runSystem();
  const supervisor = system.supervisorPid();
  system.process.kill("SIGKILL");
  await eventually("the supervisor is gone", () => !isAlive(supervisor), { withinMs: 8_000 });
});

Deno.test("the guard is killed and the system started again at once: the new one waits for the old, and the job goes on", async () => {
  await using folder = await tempFolder();
  await using first = await runSystem({ folder: folder.path, env: { WORK_MS: "2000" } });
  const id = await addFile(first, "survivor.txt");
  await first.until(id, "PROCESSING");
  first.process.kill("SIGKILL");
  await using second = await runSystem({ folder: folder.path });
  const job = await second.until(id, "COMPLETED");
  assert.equal(job.crashes, 0);
});

Deno.test("Ctrl+C, delivered twice within milliseconds, stops cleanly: running jobs finish, nothing is left PROCESSING", async () => {
  await using system = await runSystem({ env: { WORK_MS: "1000" } });
  const id = await addFile(system, "running.txt");
  await system.until(id, "PROCESSING");
  system.process.kill("SIGINT");
  Deno.kill(system.supervisorPid(), "SIGINT");
  const { code } = await system.process.status;
  assert.equal(code, 0);
  // The write-ahead log is folded in and gone: the database was closed, not dropped.
  await assert.rejects(Deno.stat(`${system.folder}/data/queue.db-wal`), Deno.errors.NotFound);
  using db = new DatabaseSync(`${system.folder}/data/queue.db`);
  assert.deepEqual(db.prepare("SELECT status, crashes FROM jobs").all().map((row) => ({ ...row })), [
    { status: "COMPLETED", crashes: 0 },
  ]);
});

Deno.test("two threads hang: the system restarts itself with 75, is healthy again, and the jobs go on", async () => {
  await using system = await runSystem();
  await system.healthy();
  const before = system.supervisorPid();
  const consumers = await eventually("everybody is ready", async () => {
    const { consumers } = await (await system.api("stats")).json();
    return consumers.every(({ state }: { state: string }) => state === "idle") ? consumers : null;
  });
  for (const { id } of consumers) {
    const answer = await system.api(`consumers/${id}/hang`, {});
    await answer.body?.cancel();
    assert.equal(answer.status, 202);
  }
  await eventually("another supervisor greets", () => system.supervisorPid() !== before, {
    withinMs: 20_000,
  });
  await system.healthy();
  assert.ok(system.lines.some((line) => line.includes("exit code 75")), system.lines.join("\n"));
  await system.until(await addFile(system, "after.txt"), "COMPLETED");
});

Deno.test("one thread hangs on a job: after the stall the job runs again elsewhere, and /healthz stays 200", async () => {
  await using system = await runSystem({ env: { WORK_MS: "3000" } });
  const id = await addFile(system, "hung.txt");
  const before = await system.until(id, "PROCESSING");
  await (await system.api(`consumers/${before.consumer_id}/hang`, {})).body?.cancel();
  const after = await eventually("another consumer has it", async () => {
    const job = await system.job(id);
    return job.consumer_id !== before.consumer_id && job.status === "PROCESSING" ? job : null;
  });
  assert.ok(Number(after.lease) > Number(before.lease));
  // The line that people look for tells of it with its number.
  const log = () => Deno.readTextFileSync(`${system.folder}/logs/jobqueue.log`);
  await eventually("the sweep counts it", () => /Checked and requeued stalled jobs: 1$/m.test(log()));
  await system.healthy(1_000);
  const metrics = async () => await (await fetch(`${system.ops}/metrics`)).text();
  await eventually("it is shown as wedged", async () => /^pq_wedged 1$/m.test(await metrics()));
  await system.until(id, "COMPLETED");
});

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and was not waited for is a zombie: dead for our purpose.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}
