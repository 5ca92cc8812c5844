/** Two supervisors on one server: each knows the other's consumers, and may give them orders. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { type TestSystem, testSystem } from "../support/system/test_system.ts";

interface Server extends AsyncDisposable {
  url(): string;
}

const SERVERS: readonly (readonly [name: string, why: string | null, start: () => Promise<Server>])[] = [
  ["PostgreSQL", whyNoPostgres(), () => postgresServer({ isDurable: false })],
  ["Redis", whyNoRedis(), () => redisServer({}, { isDurable: false })],
];

function consumersSeenBy({ queue }: TestSystem) {
  return queue.hosts.flatMap(({ view }) => view?.consumers ?? []);
}

function ownOf({ supervisor }: TestSystem) {
  return supervisor.view().consumers;
}

const idsOf = (consumers: readonly { readonly id: string }[]) => consumers.map(({ id }) => id);

/** Each of them shows the current state of the other. */
async function eachShowsTheOther(systems: readonly [TestSystem, TestSystem]): Promise<void> {
  const [one, other] = systems;
  for (const [from, to] of [[one, other], [other, one]] as const) {
    await eventually("it shows the other's consumers", () => {
      const shown = consumersSeenBy(from).map(({ id, state }) => `${id} ${state}`);
      return shown.join() === ownOf(to).map(({ id }) => `${id} idle`).join();
    });
  }
}

for (const [name, why, start] of SERVERS) {
  const body = async () => {
    await using server = await start();
    const env = { QUEUE_URL: server.url() };
    await using one = await testSystem(env);
    await using other = await testSystem({ ...env, CONSUMERS: "3" });
    await eachShowsTheOther([one, other]);
    const [host] = one.queue.hosts;
    assert.ok(host !== undefined && one.queue.hosts.length === 1);
    assert.equal(host.name, other.queue.hostName);
    assert.notEqual(host.name, one.queue.hostName);
    assert.ok(host.silentMs < 3_000 && host.viewAgeMs < 3_000);

    const victim = ownOf(other)[1]?.id ?? "";
    const since = performance.now();
    assert.equal(await one.queue.orderFault(victim, "crash", "a person"), true);
    await eventually("it is gone", () => !idsOf(ownOf(other)).includes(victim));
    assert.ok(performance.now() - since < 1_000, "the order took long");
    await eventually("another is in its place", () => ownOf(other)[1]?.state === "idle");
    assert.equal(ownOf(other)[1]?.restarts, 1);
    const provoked = other.supervisor.view().events.find(({ what }) => what.type === "provoked");
    assert.ok(provoked?.what.type === "provoked");
    assert.equal(provoked.what.by, `a person at ${one.queue.hostName}`);
    assert.ok(ownOf(one).every(({ restarts }) => restarts === 0), "it hit the wrong host");
    await eachShowsTheOther([one, other]);

    assert.equal(await one.queue.orderFault(victim, "crash", "a person"), false, "it is gone");
    assert.equal(await one.queue.orderFault(idsOf(ownOf(one))[0] ?? "", "crash", "a person"), false);
    await other.queue.add([{ id: "a", kind: "noop" }]);
    await other.until("a", ({ status }) => status === "COMPLETED");
    await eventually(
      "its work is seen",
      () => one.queue.hosts[0]?.history.some(({ added }) => added === 1) ?? false,
    );

    // It runs until it is told to stop, whichever host the person uses.
    await other.queue.add([{ id: "runs", kind: "wait", payload: 60_000 }]);
    await other.until("runs", ({ status }) => status === "PROCESSING");
    const runner = [one, other].find((system) => ownOf(system).some(({ jobId }) => jobId === "runs"));
    const canceledAt = performance.now();
    await (runner === one ? other : one).queue.move("cancel", ["runs"], "a person");
    await eventually(
      "its consumer is free",
      () => ownOf(runner ?? one).every(({ state }) => state === "idle"),
    );
    assert.ok(performance.now() - canceledAt < 1_000, "the cancel took long");
    assert.ok(ownOf(runner ?? one).every(({ restarts }) => restarts <= 1), "its thread is the same");

    await other.stop();
    await eventually("it has left", () => one.queue.hosts.length === 0);
    assert.deepEqual([...one.fatal, ...other.fatal], []);
  };
  Deno.test({
    name: `two hosts on ${name} show each other's consumers, and one crashes a consumer of the other${
      why === null ? "" : ` (skipped: ${why})`
    }`,
    ignore: why !== null,
    fn: body,
  });
}
