/**
 * The disk is full when the system starts, or when it stops: on a real disk of a few megabytes, if one can be
 * mounted.
 */
import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import { verify } from "../../queue/maintenance/verify.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { isMountable, type SmallDisk, smallDisk } from "../support/damage/full_disk.ts";
import { freePort } from "../support/processes/free_port.ts";
import { addFile, runSystem, spawnSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { TextLineStream } from "../support/processes/text_lines.ts";

/** More than the reserve and the room that is required besides. */
const MEGABYTES = 24;
const ENV = { QUEUE_URL: "sqlite:disk/queue.db" };
const ignore = BACKEND !== "sqlite" || !await isMountable();

interface Place {
  readonly folder: string;
  readonly disk: SmallDisk;
}

async function onSmallDisk(scenario: (place: Place) => Promise<void>): Promise<void> {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("disk"));
  await using disk = await smallDisk(folder.file("disk"), MEGABYTES);
  await scenario({ folder: folder.path, disk });
}

/** Runs once, accepts some jobs for later, and stops when told to. Returns the ids, its exit code and its output. */
async function live({ folder, disk }: Place, how: "SIGTERM" | "SIGKILL", isFullThen: boolean) {
  await using system = await runSystem({ folder, env: ENV, command: "supervise" });
  const ids: string[] = [];
  // The log holds much for which the database has no room yet.
  for (let i = 0; i < 20; i++) {
    const id = `data/files/large${i}.txt`;
    const response = await system.api("jobs", {
      id,
      payload: "x".repeat(50_000),
      run_at: Date.now() + 3_600_000,
    });
    await response.body?.cancel();
    assert.equal(response.status, 201);
    ids.push(id);
  }
  if (isFullThen) {
    Deno.removeSync(`${disk.path}/queue.db.reserve`);
    disk.fill();
  }
  system.process.kill(how);
  const { code } = await system.process.status;
  return { ids, code, lines: system.lines };
}

async function assertWhole({ disk }: Place, added: readonly string[]): Promise<void> {
  const store = await openStore(`sqlite:${disk.path}/queue.db`, "guest");
  assert.deepEqual(
    await verify(store, { deep: true, untouched: true, ledger: { added, completed: [] } }),
    [],
  );
  await store.close();
}

Deno.test({
  name:
    "the system is told to stop while the disk is full: it stops cleanly, and the next start finds everything",
  ignore,
  fn: () =>
    onSmallDisk(async (place) => {
      const { ids, code, lines } = await live(place, "SIGTERM", true);
      assert.deepEqual([code, lines.at(-1)], [0, "Stopped."]);
      place.disk.makeRoom();
      await using system = await runSystem({ folder: place.folder, env: ENV });
      await system.healthy();
      await assertWhole(place, ids);
    }),
});

Deno.test({
  name: "the system is started on a full disk: it says what it waits for, and begins once there is room",
  ignore,
  fn: () =>
    onSmallDisk(async (place) => {
      const { ids } = await live(place, "SIGTERM", false);
      place.disk.fill();
      const [managerPort, opsPort] = [String(freePort()), String(freePort())];
      const env = { ...ENV, MANAGER_PORT: managerPort, OPS_PORT: opsPort };
      const child = spawnSystem({ folder: place.folder, env });
      const errors = child.stderr.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream())
        .getReader();
      // The small disk is a tmpfs.
      assert.match((await errors.read()).value ?? "", /^Warning: .* lies in memory \(tmpfs\)/);
      assert.match(
        (await errors.read()).value ?? "",
        /^The disk is full: make room .* The start waits for that\./,
      );
      place.disk.makeRoom();
      const isHealthy = async () => {
        const response = await fetch(`http://127.0.0.1:${opsPort}/healthz`).catch(() => null);
        await response?.body?.cancel();
        return response?.ok;
      };
      await eventually("it works", isHealthy, { withinMs: 20_000 });
      await assertWhole(place, ids);
      child.kill("SIGTERM");
      await errors.cancel();
      await child.stdout.cancel();
      assert.equal((await child.status).code, 0);
    }),
});

Deno.test({
  name:
    "the system is killed on a full disk, with the reserve spent: it starts again, says so, and recovers by itself",
  ignore,
  fn: () =>
    onSmallDisk(async (place) => {
      const { ids } = await live(place, "SIGKILL", true);
      await using system = await runSystem({ folder: place.folder, env: ENV });
      const response = await fetch(`${system.ops}/healthz`);
      assert.deepEqual([response.status, /^The disk is full/.test((await response.json()).reason)], [
        503,
        true,
      ]);
      place.disk.makeRoom();
      await system.healthy();
      await system.until(await addFile(system, "afterwards.txt"), "COMPLETED");
      await assertWhole(place, ids);
    }),
});
