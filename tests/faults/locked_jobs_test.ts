/** A person locks jobs on PostgreSQL with an open transaction in `psql` or with maintenance of the table. */
import assert from "node:assert/strict";
import { getQueue, openStore } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { isHealthy } from "../support/processes/is_healthy.ts";
import { type RunningSystem, runSystem } from "../support/processes/running_system.ts";
import { holding } from "../support/servers/postgres_locks.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

/** Longer than the stall time of these systems, and than a statement waits for a lock. */
const LOCKED_MS = 5_000;
const LONG_MS = 2 * LOCKED_MS;
const BRIEF_MS = 500;
const LONG = `export const handler = () => new Promise((resolve) => setTimeout(resolve, ${LONG_MS}));`;
const BRIEF = `export const handler = () => new Promise((resolve) => setTimeout(resolve, ${BRIEF_MS}));`;
/** As the manual says: four for statements, two for transactions, and one that tells that the process lives. */
const CONNECTIONS_OF_A_HOST = 7;

async function add(system: RunningSystem, id: string, kind: string): Promise<void> {
  const response = await system.api("jobs", { id, kind });
  assert.equal(response.status, 201, await response.text());
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so no jobs are locked there`);
} else {
  Deno.test("a job that another program has locked holds up no other, and no job is taken from a living host", async () => {
    await using server = await postgresServer({ isDurable: false });
    const QUEUE_URL = server.url("q");
    await using handlers = await handlerFolder({
      ...{ long: LONG, brief: BRIEF, quick: "export const handler = () => {};" },
    });
    await using others = await handlerFolder({ long: LONG });
    const env = { QUEUE_URL, HANDLERS_DIR: handlers.path, CONSUMERS: "4" };
    await using host = await runSystem({ command: "supervise", env });
    await add(host, "locked", "long");
    await add(host, "ends while locked", "brief");
    await add(host, "beside", "long");
    for (const id of ["locked", "beside", "ends while locked"]) await host.until(id, "PROCESSING");
    await using holder = await holding(
      server,
      "UPDATE q.jobs SET priority = 5 WHERE id IN ('locked', 'ends while locked')",
    );
    const since = performance.now();
    const leases = () => server.sql("SELECT id, lease, status FROM q.jobs WHERE kind = 'long' ORDER BY id");
    const before = await leases();
    await using _other = await runSystem({
      command: "supervise",
      env: { ...env, HANDLERS_DIR: others.path },
    });
    const unhealthy: number[] = [];
    while (performance.now() - since < LOCKED_MS) {
      const id = `quick ${Math.round(performance.now())}`;
      await add(host, id, "quick");
      await host.until(id, "COMPLETED");
      if (!await isHealthy(host.ops)) unhealthy.push(performance.now() - since);
      await sleep(100);
    }
    assert.deepEqual(unhealthy, []);
    assert.deepEqual(await leases(), before);
    await holder.release();
    await host.until("ends while locked", "COMPLETED");
    for (const id of ["locked", "beside"]) {
      const { attempts } = await host.until(id, "COMPLETED", LONG_MS);
      assert.equal(Array.isArray(attempts) && attempts.length, 1, id);
    }
  });

  Deno.test("a locked table is reported once and takes no more connections, and the queue continues when it is free", async () => {
    await using server = await postgresServer({ isDurable: false });
    await using host = await runSystem({ command: "supervise", env: { QUEUE_URL: server.url("q") } });
    await using holder = await holding(server, "LOCK TABLE q.jobs IN ACCESS EXCLUSIVE MODE");
    await eventually(
      "it is reported",
      () => host.lines.some((line) => line.startsWith("The jobs are locked, by")),
    );
    const since = performance.now();
    while (performance.now() - since < LOCKED_MS) {
      const { status, reason } = await health(host);
      assert.deepEqual([status, reason], [
        503,
        "The jobs are locked, by another program or by an upgrade: the queue waits for the end of that.",
      ]);
      const [row] = await server.sql(
        "SELECT count(*)::int AS connections FROM pg_stat_activity WHERE application_name = 'persistent-queue'",
      );
      assert.ok(Number(row?.connections) <= CONNECTIONS_OF_A_HOST, `${row?.connections} connections`);
      await sleep(200);
    }
    await holder.release();
    await host.healthy();
    const told = host.lines.filter((line) => /locked|storage|PostgreSQL/.test(line));
    assert.deepEqual(told.map((line) => line.split(",")[0]), [
      "The jobs are locked",
      "The storage works again.",
    ]);
  });

  Deno.test("a job of a dead host is not charged as if it had run alone, because the one beside it is locked", async () => {
    await using server = await postgresServer({ isDurable: false });
    const url = server.url("q");
    const queue = await getQueue(url, { role: "owner", crashLimit: 1, stallMs: BRIEF_MS });
    const dead = await openStore(url, "owner");
    try {
      await dead.join({ id: crypto.randomUUID(), host: "web-9", pid: 7, version: "" });
      await queue.add([{ id: "locked" }, { id: "beside" }]);
      const { claimed } = await dead.claim([{ consumerId: "c", limit: 2, suspect: false }]);
      assert.equal(claimed.length, 2);
      await dead.close();
      await using holder = await holding(server, "UPDATE q.jobs SET priority = 5 WHERE id = 'locked'");
      await eventually("its death is noticed", async () => (await queue.recover()).length === 1);
      assert.equal((await queue.get("beside")).job.status, "PENDING");
      await holder.release();
      await eventually("the other is free", async () => {
        await queue.sweep({ held: [], freed: 0 });
        return (await queue.get("locked")).job.status === "PENDING";
      });
    } finally {
      await queue.close();
    }
  });
}

async function health({ ops }: RunningSystem): Promise<{ status: number; reason: unknown }> {
  const response = await fetch(`${ops}/healthz`);
  return { status: response.status, reason: (await response.json()).reason };
}
