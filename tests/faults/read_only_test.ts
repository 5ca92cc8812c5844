/** The files of the database become unwritable while the system runs, and writable again later. */
import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import { verify } from "../../queue/maintenance/verify.ts";
import { eventually } from "../support/eventually.ts";
import { addFile, type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { BACKEND, sqliteTest } from "../support/backend.ts";

const FILES = ["queue.db", "queue.db-wal"];

/** Applies to root as well, and to files that are already open; false if it is not possible. */
function setImmutable(isImmutable: boolean, ...files: readonly string[]): boolean {
  if (Deno.build.os !== "linux") return false;
  try {
    return new Deno.Command("chattr", { args: [isImmutable ? "+i" : "-i", ...files], stderr: "null" })
      .outputSync().success;
  } catch {
    return false;
  }
}

async function isImmutablePossible(): Promise<boolean> {
  await using folder = await tempFolder();
  const file = folder.file("probe");
  await Deno.writeTextFile(file, "");
  return setImmutable(true, file) && setImmutable(false, file);
}

async function healthOf({ ops }: RunningSystem): Promise<string> {
  const { status, reason } = await (await fetch(`${ops}/healthz`)).json();
  return reason ?? status;
}

async function add(system: RunningSystem, id: string): Promise<number> {
  await Deno.writeTextFile(`${system.folder}/${id}`, "made by a test\n");
  const response = await system.api("jobs", { id });
  await response.body?.cancel();
  return response.status;
}

async function assertNothingLost(folder: string, added: readonly string[]): Promise<void> {
  const store = await openStore(`sqlite:${folder}/data/queue.db`, "guest");
  assert.deepEqual(await verify(store, { deep: true, ledger: { added, completed: added } }), []);
  await store.close();
}

Deno.test({
  name:
    "nothing can be written for some seconds: one sentence while it lasts, and the work continues by itself afterwards",
  ignore: BACKEND !== "sqlite" || !await isImmutablePossible(),
  async fn() {
    await using system = await runSystem({ env: { WORK_MS: "500", STALL_MS: "20000" } });
    const before = system.supervisorPid();
    const files = FILES.map((name) => `${system.folder}/data/${name}`);
    const added = [await addFile(system, "under-way.txt")];
    await system.until(added[0] ?? "", "PROCESSING");
    assert.ok(setImmutable(true, ...files));
    const told: string[] = [];
    try {
      await eventually("it is reported", async () => await healthOf(system) !== "ok");
      const until = performance.now() + 3_000;
      while (performance.now() < until) {
        told.push(await healthOf(system));
        const id = `data/files/refused-${told.length}.txt`;
        const status = await add(system, id);
        assert.equal(status, 503, "what cannot be stored is not acknowledged");
      }
    } finally {
      setImmutable(false, ...files);
    }
    assert.deepEqual(
      [...new Set(told)],
      ["The disk reports an input/output error: check the disk and the file system."],
      "it does not flap",
    );
    await eventually("it works again", async () => await healthOf(system) === "ok", { withinMs: 3_000 });
    added.push(await addFile(system, "later.txt"));
    for (const id of added) await system.until(id, "COMPLETED");
    assert.equal(system.supervisorPid(), before);
    assert.equal(
      system.lines.filter((line) => line.startsWith("The disk reports an input/output error: check the disk"))
        .length,
      1,
    );
    assert.equal(system.lines.filter((line) => line === "The storage works again.").length, 1);
    await assertNothingLost(system.folder, added);
  },
});

sqliteTest(
  "the files and the folder become read-only while it runs: open files stay usable, and nothing stops",
  async () => {
    await using system = await runSystem();
    const added = [await addFile(system, "first.txt")];
    const modes: [string, number, number][] = [
      ...FILES.map((name): [string, number, number] => [`data/${name}`, 0o400, 0o600]),
      ["data", 0o500, 0o700],
    ];
    for (const [name, mode] of modes) Deno.chmodSync(`${system.folder}/${name}`, mode);
    try {
      // To the files folder, which is below.
      added.push(await addFile(system, "second.txt"));
      for (const id of added) await system.until(id, "COMPLETED");
      assert.equal(await healthOf(system), "ok");
    } finally {
      for (const [name, , mode] of modes) Deno.chmodSync(`${system.folder}/${name}`, mode);
    }
    await assertNothingLost(system.folder, added);
  },
);
