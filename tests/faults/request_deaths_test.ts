/** Processes that die while they handle a request, driven from outside. */
import assert from "node:assert/strict";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { addFile, type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { storedJob } from "../support/processes/stored_job.ts";
import { tempFolder } from "../support/temp_folder.ts";

const LONG = { WORK_MS: "60000", STALL_MS: "30000" };

function recordOf({ folder }: RunningSystem): string {
  const path = BACKEND === "sqlite" ? `${folder}/data/queue.db.requests` : `${folder}/logs/requests`;
  // The id of the process follows.
  return Deno.readTextFileSync(path).slice(0, 2);
}

async function untilStored(system: RunningSystem, id: string, status: string): Promise<void> {
  await eventually(`${id} is ${status}`, async () => (await storedJob(system, id)).status === status, {
    withinMs: 15_000,
  });
}

/** A server may notice a death only after a few seconds. */
const NOTICED = { withinMs: 30_000 };

/** Under a lease other than this one. */
async function untilClaimedAgain(system: RunningSystem, id: string, lease: number): Promise<void> {
  const isSo = async () => {
    const now = await storedJob(system, id);
    return now.status === "PROCESSING" && now.lease > lease;
  };
  await eventually(`${id} runs again`, isSo, NOTICED);
}

/** Starts a request that announces more than it sends, so that it stays in progress until it is closed. */
async function unfinishedRequest({ manager }: RunningSystem): Promise<Deno.Conn> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(manager).port) });
  const lines = ["POST /api/jobs HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"];
  const rest = ["Authorization: Bearer a-token-for-tests-only", "Content-Length: 1000", "", '[{"kind":'];
  await connection.write(new TextEncoder().encode([...lines, ...rest].join("\r\n")));
  return connection;
}

async function kill(system: RunningSystem): Promise<void> {
  Deno.kill(system.supervisorPid(), "SIGKILL");
  await system.process.status;
}

async function startedAgain(system: RunningSystem): Promise<void> {
  const before = system.supervisorPid();
  Deno.kill(before, "SIGKILL");
  await eventually("another supervisor greets", () => system.supervisorPid() !== before, {
    withinMs: 20_000,
  });
}

Deno.test("the process dies while it handles a request: the jobs that were running are not charged, and the log says so", async () => {
  await using system = await runSystem({ env: LONG });
  const ids = [await addFile(system, "one.txt"), await addFile(system, "two.txt")];
  for (const id of ids) await untilStored(system, id, "PROCESSING");
  const { lease } = await storedJob(system, ids[0] ?? "");
  using _request = await unfinishedRequest(system);
  await eventually("the record shows it", () => recordOf(system) === "10");
  await startedAgain(system);
  for (const id of ids) {
    await untilClaimedAgain(system, id, lease);
    assert.equal((await storedJob(system, id)).crashes, 0);
    const { history } = await system.job(id) as { history: { event: string; detail: string }[] };
    assert.deepEqual(history.map(({ event, detail }) => [event, detail]), [
      ["released", "The process died while it worked on a request, so no job is charged for that"],
    ]);
  }
  await eventually("the log says so", () => {
    const log = Deno.readTextFileSync(`${system.folder}/logs/jobqueue.log`);
    return /\[WARN\] The process died while it worked on a request/.test(log);
  });
});

Deno.test("a process dies while pages only watch: event streams and probes do not count, and its job is charged", async () => {
  await using system = await runSystem({ env: LONG });
  const id = await addFile(system, "alone.txt");
  await untilStored(system, id, "PROCESSING");
  const stream = await fetch(`${system.ops}/events`);
  await eventually("no request is in progress", () => recordOf(system) === "00");
  for (let i = 0; i < 5; i++) await (await fetch(`${system.ops}/healthz`)).body?.cancel();
  assert.equal(recordOf(system), "00");
  const ended = stream.body?.cancel().catch(() => {});
  await startedAgain(system);
  await ended;
  await eventually("its job is charged", async () => (await storedJob(system, id)).crashes === 1, NOTICED);
});

Deno.test("a job kills its process each time while a page is open: it is UNPROCESSABLE after the fourth death", async () => {
  await using folder = await tempFolder();
  let id = "";
  let [deaths, lease] = [0, 0];
  while (deaths < 8) {
    await using system = await runSystem({
      command: "supervise",
      folder: folder.path,
      env: { ...LONG, CRASH_LIMIT: "1" },
    });
    if (id === "") id = await addFile(system, "poison.txt");
    const found = await eventually("it is running again, or given up", async () => {
      const now = await storedJob(system, id);
      return now.status === "UNPROCESSABLE" || now.status === "PROCESSING" && now.lease > lease ? now : null;
    }, NOTICED);
    if (found.status === "UNPROCESSABLE") break;
    lease = found.lease;
    using _request = await unfinishedRequest(system);
    await eventually("the record shows it", () => recordOf(system).startsWith("1"));
    await kill(system);
    deaths++;
  }
  const { status, crashes } = await storedJob({ folder: folder.path }, id);
  assert.deepEqual([deaths, status, crashes], [4, "UNPROCESSABLE", 1]);
});
