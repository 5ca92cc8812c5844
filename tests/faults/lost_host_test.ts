/** Three hosts on one server, and one of them is killed: its jobs in flight run on the others. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { addFile, type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";

interface Server extends AsyncDisposable {
  url(): string;
}

interface Backend {
  readonly name: string;
  readonly whyNot: string | null;
  readonly serve: () => Promise<Server>;
  /** The promise: from the kill to the start elsewhere. */
  readonly withinMs: number;
}

const BACKENDS: readonly Backend[] = [
  { name: "PostgreSQL", whyNot: whyNoPostgres(), serve: postgresServer, withinMs: 2_000 },
  { name: "Redis", whyNot: whyNoRedis(), serve: redisServer, withinMs: 4_000 },
];

/** The intervals of a real host: the closed connection shows the death, not a stall or a sweep. */
const TIMINGS = { HEARTBEAT_MS: "1000", SWEEP_MS: "10000", STALL_MS: "30000", CONSUMERS: "2" };
const JOBS = 4;

for (const { name, whyNot, serve, withinMs } of BACKENDS) {
  const skipped = whyNot === null ? "" : ` (skipped: ${whyNot})`;
  Deno.test({
    name: `${name}: a host is killed with jobs in flight, and they run on another within seconds${skipped}`,
    ignore: whyNot !== null,
    fn: async () => {
      await using server = await serve();
      const start = (name: string, workMs: number, folder?: string) =>
        runSystem({
          command: "supervise",
          env: { QUEUE_URL: server.url(), ...TIMINGS, WORK_MS: String(workMs), LOG_DIR: `logs/${name}` },
          ...(folder === undefined ? {} : { folder }),
        });
      await using lost = await start("lost", 60_000);
      const ids: string[] = [];
      for (let i = 0; i < JOBS; i++) ids.push(await addFile(lost, `${i}.txt`));
      await eventually("both of its consumers work", async () => (await underWay(lost, ids)).length === 2);
      const inHand = await underWay(lost, ids);
      await using other = await start("other", 0, lost.folder);
      await using third = await start("third", 0, lost.folder);
      for (const id of ids.filter((id) => !inHand.includes(id))) await other.until(id, "COMPLETED");

      const killedAt = Date.now();
      lost.process.kill("SIGKILL");
      const begunMs: number[] = [];
      for (const id of inHand) {
        const { crashes, started_at: startedAt } = await third.until(id, "COMPLETED");
        assert.equal(crashes, 1, "its process died with it in flight");
        begunMs.push(Number(startedAt) - killedAt);
      }
      console.log(`${name}: begun elsewhere ${begunMs.join(" and ")} ms after the kill`);
      assert.ok(Math.max(...begunMs) <= withinMs, `promised is ${withinMs} ms`);
      await tellOfTheLoss([other, third], lost.process.pid);
      await using back = await start("back", 0, lost.folder);
      await eventually("it is back", async () => (await warningsOf(third)).length === 0);
      back.process.kill("SIGTERM");
      await back.process.status;
      await eventually("it has left", async () => (await statsOf(third)).hosts.length === 2);
      assert.deepEqual(await warningsOf(third), [], "it was stopped cleanly");
      const ledger = { added: ids, completed: ids };
      assert.deepEqual(await problemsAt(server.url(), { drained: true, retryLimit: 3, ledger }), []);
    },
  });
}

/** On the pages, in the log and among the recent events of each host. */
async function tellOfTheLoss(hosts: readonly RunningSystem[], pid: number): Promise<void> {
  const gone = new RegExp(`Host .+ \\(pid ${pid}\\) went away`);
  for (const host of hosts) {
    await eventually("it warns", async () => (await warningsOf(host)).some((one) => gone.test(one)));
    const ops = await (await fetch(host.ops)).text();
    assert.match(ops, gone);
    assert.match(ops, /went away without having been stopped/, "among the events");
  }
  const linesIn = (name: string) =>
    Deno.readTextFileSync(`${hosts[0]?.folder}/logs/${name}/jobqueue.log`).split("\n").filter((line) =>
      gone.test(line)
    );
  await eventually("each has a line of it in its log", () => {
    return ["other", "third"].every((name) => linesIn(name).length === 1);
  });
  assert.match([...linesIn("other"), ...linesIn("third")].join(), /: 2 jobs were taken from it/);
}

async function statsOf(system: RunningSystem) {
  return await (await system.api("stats")).json();
}

async function warningsOf(system: RunningSystem): Promise<string[]> {
  return (await statsOf(system)).warnings.filter((one: string) => one.includes("went away"));
}

/** The running jobs. */
async function underWay(system: RunningSystem, ids: readonly string[]): Promise<string[]> {
  const jobs = await Promise.all(ids.map((id) => system.job(id)));
  return ids.filter((_, i) => jobs[i]?.status === "PROCESSING");
}
