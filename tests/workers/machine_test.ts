import assert from "node:assert/strict";
import { ConfigurationError, readSettings } from "../../workers/config.ts";
import { machineFacts } from "../../workers/process/machine.ts";
import { isMountable, smallDisk } from "../support/damage/full_disk.ts";
import { runSystem, spawnSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";

const ROOMY = { memoryMb: 64_000, databaseIsInMemory: false };

function warningsOn(machine: Partial<typeof ROOMY>, env: Record<string, string> = {}): readonly string[] {
  return readSettings({ env, dotenv: null, startDir: "/app", machine: { ...ROOMY, ...machine } }).warnings;
}

Deno.test("consumers that may use more memory than the machine has cause a warning that says what would fit", () => {
  assert.deepEqual(warningsOn({ memoryMb: 5270 }), []);
  assert.deepEqual(warningsOn({ memoryMb: 5269 }), [
    "CONSUMER_MEMORY_MB is 512, so 10 consumers may take 5120 MB, but this machine has 5269 MB, 150 of them for the rest " +
    "of the system: set CONSUMER_MEMORY_MB=511 or CONSUMERS=9, or jobs that use all they are allowed may end the whole process",
  ]);
  // The settings that the warning suggests are enough.
  assert.deepEqual(warningsOn({ memoryMb: 5269 }, { CONSUMER_MEMORY_MB: "511" }), []);
  assert.deepEqual(warningsOn({ memoryMb: 5269 }, { CONSUMERS: "9" }), []);
});

Deno.test("a memory limit too large for one consumer is refused if it was set, and causes a warning if it is the default", () => {
  const env = { CONSUMER_MEMORY_MB: "4000", CONSUMERS: "2" };
  assert.throws(() => warningsOn({ memoryMb: 2000 }, env), (error) => {
    assert(error instanceof ConfigurationError);
    assert.match(
      error.problems.join(),
      /^CONSUMER_MEMORY_MB is 4000, .* has 2000 MB, .*: set CONSUMER_MEMORY_MB=925$/,
    );
    return true;
  });
  assert.match(warningsOn({ memoryMb: 400 }).join(), /set CONSUMERS=1, or jobs/);
});

Deno.test("an unknown machine causes no warning", () => {
  const machine = { memoryMb: null, databaseIsInMemory: null };
  assert.deepEqual(readSettings({ env: {}, dotenv: null, startDir: "/app", machine }).warnings, []);
  assert.deepEqual(readSettings({ env: {}, dotenv: null, startDir: "/app" }).warnings, []);
});

Deno.test("a database in memory causes a warning: it is lost when the machine restarts", () => {
  assert.deepEqual(warningsOn({ databaseIsInMemory: true }), [
    "The database /app/data/queue.db lies in memory (tmpfs), so every job is lost when the machine restarts: " +
    "set QUEUE_URL to a place on a disk",
  ]);
});

Deno.test("a database below /dev, /proc or /sys is refused, with a path that works", () => {
  for (const folder of ["dev/shm", "proc/self", "sys"]) {
    assert.throws(
      () => readSettings({ env: { QUEUE_URL: `sqlite:/${folder}/queue.db` }, dotenv: null }),
      (error) =>
        error instanceof ConfigurationError &&
        /lost at a restart.*QUEUE_URL=sqlite:data\/queue\.db/.test(error.problems.join()),
    );
  }
  assert.doesNotThrow(() => readSettings({ env: { QUEUE_URL: "sqlite:/devices/queue.db" }, dotenv: null }));
});

Deno.test({
  name: "a tmpfs is recognised as memory, even if the database's folder does not exist yet",
  ignore: !await isMountable(),
  async fn() {
    await using folder = await tempFolder();
    await Deno.mkdir(folder.file("disk"));
    await using disk = await smallDisk(folder.file("disk"), 4);
    const at = (path: string) => machineFacts({ queueUrl: `sqlite:${path}/new/folder/queue.db` });
    assert.equal(at(disk.path).databaseIsInMemory, true);
    const { memoryMb } = at(folder.path);
    assert.equal(at(folder.path).databaseIsInMemory, false);
    assert.ok(memoryMb !== null && memoryMb <= Deno.systemMemoryInfo().total / 2 ** 20, String(memoryMb));
  },
});

const totalMb = Math.floor(Deno.systemMemoryInfo().total / 2 ** 20);

Deno.test("what the machine lacks is reported at the start and on the pages", async () => {
  const env = { CONSUMERS: "4", CONSUMER_MEMORY_MB: String(Math.min(65_536, Math.floor(totalMb / 2))) };
  await using system = await runSystem({ env });
  const said = /^Warning: CONSUMER_MEMORY_MB is \d+, so 4 consumers may take \d+ MB, but this machine has/;
  assert.ok(system.lines.some((line) => said.test(line)), system.lines.join("\n"));
  const page = await (await fetch(system.ops)).text();
  assert.match(page, /so 4 consumers may take/);
});

Deno.test({
  name: "a start on a machine too small for one consumer ends with 78",
  ignore: totalMb > 65_000,
  async fn() {
    await using folder = await tempFolder();
    const env = { CONSUMER_MEMORY_MB: "65536" };
    const { code, stderr } = await spawnSystem({ folder: folder.path, env }).output();
    assert.equal(code, 78);
    assert.match(new TextDecoder().decode(stderr), /CONSUMER_MEMORY_MB is 65536, .*: set /);
  },
});
