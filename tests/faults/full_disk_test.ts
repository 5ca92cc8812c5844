import assert from "node:assert/strict";
import { openStore } from "@persistent-queue/queue";
import { verify } from "../../queue/maintenance/verify.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { isMountable, type SmallDisk, smallDisk } from "../support/damage/full_disk.ts";
import { addFile, type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";

const FULL = /^The disk is full: make room and the queue goes on by itself/;
/** More than the reserve and the room that is required besides. */
const MEGABYTES = 24;
const LATE = "data/files/late.txt";
/** How long each job works, so that some of them are in flight when the disk is full. */
const WORK_MS = 1_000;

interface OnSmallDisk {
  readonly system: RunningSystem;
  readonly disk: SmallDisk;
  /** Jobs that were added while there was room. */
  readonly ids: readonly string[];
}

/** The system with its database and its logs on a small disk, some jobs in flight, and one for later. */
async function onSmallDisk(scenario: (on: OnSmallDisk) => Promise<void>): Promise<void> {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("disk"));
  await using disk = await smallDisk(folder.file("disk"), MEGABYTES);
  const ids: string[] = [];
  {
    const env = { QUEUE_URL: "sqlite:disk/queue.db", LOG_DIR: "disk/logs", WORK_MS: String(WORK_MS) };
    await using system = await runSystem({ folder: folder.path, env });
    await (await system.api("jobs", { id: LATE, run_at: Date.now() + 3_600_000 })).body?.cancel();
    for (let i = 0; i < 8; i++) ids.push(await addFile(system, `file${i}.txt`));
    await scenario({ system, disk, ids });
    await goesOn(system, ids);
  }
  const store = await openStore(`sqlite:${disk.path}/queue.db`, "guest");
  assert.deepEqual(
    await verify(store, { deep: true, untouched: true, ledger: { added: ids, completed: ids } }),
    [],
  );
  await store.close();
}

/** Adds jobs until the disk is full. Returns those acknowledged until then. */
async function addUntilRefused({ api }: RunningSystem): Promise<string[]> {
  const taken: string[] = [];
  for (let i = 0; i < 1_000; i++) {
    const id = `data/files/many${i}.txt`;
    const response = await api("jobs", { id, payload: "x".repeat(50_000), run_at: Date.now() + 3_600_000 });
    const { error } = await response.json();
    if (response.status !== 201) {
      assert.deepEqual([response.status, error.code], [503, "storage"]);
      assert.match(error.message, FULL);
      return taken;
    }
    taken.push(id);
  }
  throw new Error("The disk was never full.");
}

async function goesOn(system: RunningSystem, ids: readonly string[]): Promise<void> {
  await system.healthy();
  await system.until(await addFile(system, "afterwards.txt"), "COMPLETED");
  for (const id of ids) await system.until(id, "COMPLETED");
}

async function saysItIsFull({ manager, ops }: RunningSystem): Promise<void> {
  for (const port of [manager, ops]) {
    // An outcome that fitted says nothing about the others: only the watch does, ten times a second.
    await eventually("it is unhealthy", async () => {
      const response = await fetch(`${port}/healthz`);
      const { reason } = await response.json();
      return response.status === 503 && FULL.test(reason);
    });
  }
  assert.match(await (await fetch(ops)).text(), /Not serving.*The disk is full: make room/s);
  assert.match(await (await fetch(`${ops}/metrics`)).text(), /^pq_up 0$/m);
}

const ignore = BACKEND !== "sqlite" || !await isMountable();

Deno.test({
  name:
    "the disk is full: new jobs are refused, running jobs are finished in the reserve, and it recovers by itself",
  ignore,
  fn: () =>
    onSmallDisk(async ({ system, disk, ids }) => {
      disk.fill();
      const taken = await addUntilRefused(system);
      await saysItIsFull(system);
      for (const id of ids) await system.until(id, "COMPLETED");
      const log = () => Deno.readTextFile(`${disk.path}/logs/jobqueue.log`);
      await eventually("the log says so", async () => /\[WARN\] The disk is full/.test(await log()));
      const response = await system.api("jobs/cancel", { ids: [LATE] });
      assert.equal((await response.json()).canceled, 1);
      await saysItIsFull(system);
      disk.makeRoom();
      await system.healthy();
      for (const id of taken) assert.equal((await system.job(id)).status, "PENDING");
      await eventually("the reserve is written again", () => Deno.statSync(`${disk.path}/queue.db.reserve`));
    }),
});

Deno.test({
  name:
    "the disk is full, and another program has used up the reserve: results wait for room, and none is lost",
  ignore,
  fn: () =>
    onSmallDisk(async ({ system, disk, ids }) => {
      const fillers = setInterval(() => disk.fill(), 10);
      try {
        await addUntilRefused(system);
        const completed = async () => (await (await system.api("stats")).json()).counts.COMPLETED;
        await eventually("not even an outcome can be stored", async () => {
          const before = await completed();
          await new Promise((resolve) => setTimeout(resolve, 1.5 * WORK_MS));
          return before < ids.length && await completed() === before;
        }, { withinMs: 15_000 });
        await saysItIsFull(system);
      } finally {
        clearInterval(fillers);
      }
      disk.makeRoom();
    }),
});
