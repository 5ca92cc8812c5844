/** An outage ends for every process at once, and the first one back, or a new one, takes none of the others for dead. */
import assert from "node:assert/strict";
import { openStore } from "../../queue/get_queue.ts";
import type { Store } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { type Relay, relayTo } from "../support/servers/relay.ts";

/** Processes that are silent for this long are dead. */
const SILENT_MS = 1_500;
/** A process that comes back is back within this time. */
const BACK_MS = 3_000;
/** What is left of the grace period, and a busy machine. */
const JUDGED = { withinMs: 10_000 };

interface Member {
  readonly store: Store;
  readonly relay: Relay;
  readonly id: string;
}

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so outages of it are not tried here`);
} else {
  Deno.test("postgres: after the network was away, the first process back takes none for dead that comes back too", async () => {
    await using server = await postgresServer({ isDurable: false });
    await using members = new AsyncDisposableStack();
    const [first, second, lost] = await threeMembers(server, members);
    for (const { relay } of [first, second, lost]) relay.cut();
    await eventually("the server has noticed", async () => (await locksOn(server)) === 0);
    await unseenFor(SILENT_MS, server);

    first.relay.mend();
    await untilBack(first);
    assert.deepEqual(await deadFor(first), [], "the others have had no time to come back");
    second.relay.mend();
    await untilBack(second);
    await eventually("it tells who has died", async () => {
      await Promise.all([first, second].map(({ store }) => store.beat()));
      return (await deadFor(first)).length > 0;
    }, JUDGED);
    assert.deepEqual(await deadFor(first), [lost.id], "and only that one");
  });

  Deno.test("postgres: after the server was down for longer than a stall, the first process back takes none for dead", async () => {
    await using server = await postgresServer({ isDurable: false });
    await using members = new AsyncDisposableStack();
    const [first, second] = await threeMembers(server, members);
    await second.store.insert([
      { id: "a", kind: "file", payload: "null", priority: 0, runAt: null, replace: false },
    ]);
    await second.store.claim([{ consumerId: "c", limit: 1, suspect: false }]);
    second.relay.cut();
    await server.restart(() => new Promise((resolve) => setTimeout(resolve, SILENT_MS)));
    await unseenFor(SILENT_MS, server);
    await untilBack(first);
    assert.deepEqual(await deadFor(first), [], "the others have had no time to come back");
    const silent = { alive: { agoMs: SILENT_MS, aheadMs: SILENT_MS }, held: [], limit: 9 };
    assert.deepEqual(await first.store.orphans(silent), [], "nor have their heartbeats");
  });

  Deno.test("postgres: a process that starts just after the network was away takes none of the others for dead", async () => {
    await using server = await postgresServer({ isDurable: false });
    await using members = new AsyncDisposableStack();
    const [first, second, lost] = await threeMembers(server, members);
    for (const { relay } of [first, second, lost]) relay.cut();
    await eventually("the server has noticed", async () => (await locksOn(server)) === 0);
    await unseenFor(BACK_MS, server);

    const early = await member("early", server, members);
    assert.deepEqual(await deadFor(early), [], "the others have had no time to come back");
    assert.deepEqual(await deadFor(early, lost.id), [lost.id], "only its predecessor cannot come back");
    first.relay.mend();
    await untilBack(first);
    const late = await member("late", server, members);
    assert.deepEqual(await deadFor(late), [], "the second has had no time to come back");
    second.relay.mend();
    await untilBack(second);
    for (const starter of [early, late]) {
      await eventually("it tells who has died", async () => {
        await Promise.all([first, second, early, late].map(({ store }) => store.beat()));
        return (await deadFor(starter)).length > 0;
      }, JUDGED);
      assert.deepEqual(await deadFor(starter), [lost.id], "and only that one");
    }
  });

  Deno.test("postgres: a process that is back after the server was down is not silent until its next beat", async () => {
    await using server = await postgresServer({ isDurable: false });
    await using members = new AsyncDisposableStack();
    const [first] = await threeMembers(server, members);
    await server.restart();
    await server.sql("UPDATE persistent_queue.processes SET seen_at = seen_at - 60000");
    await eventually("it has its lock again", async () => {
      await first.store.processes({ silentForMs: 60_000 }).catch(() => {});
      return (await locksOn(server)) > 0;
    });
    const seen = (await first.store.processes({ silentForMs: 60_000 })).find(({ id }) => id === first.id);
    assert.ok(Date.now() - (seen?.seenAt ?? 0) < 30_000);
  });

  Deno.test("postgres: a process that reads from a server which takes no writes takes none of the others for dead", async () => {
    await using server = await postgresServer({ isDurable: false });
    await using members = new AsyncDisposableStack();
    const [first] = await threeMembers(server, members);
    await server.sql("ALTER DATABASE postgres SET default_transaction_read_only = on");
    await server.sql(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'persistent-queue'",
    );
    await eventually("no beat is written", () => first.store.beat().then(() => false, readsOnly));
    await unseenFor(2 * SILENT_MS, server);
    await first.store.beat().catch(() => {});
    assert.deepEqual(await deadFor(first), [], "their beats are not written either");
  });
}

async function threeMembers(
  server: PostgresServer,
  members: AsyncDisposableStack,
): Promise<[Member, Member, Member]> {
  const join = (name: string) => member(name, server, members);
  return [await join("first"), await join("second"), await join("third")];
}

async function member(host: string, server: PostgresServer, members: AsyncDisposableStack): Promise<Member> {
  const relay = members.use(relayTo(server.port));
  const store = await openStore(server.url().replace(`:${server.port}`, `:${relay.port}`), "owner");
  members.defer(() => store.close());
  const id = crypto.randomUUID();
  await store.join({ id, host, pid: 1, version: "" });
  return { store, relay, id };
}

async function untilBack({ store }: Member): Promise<void> {
  await eventually("it is back", () => store.beat().catch(() => false), { withinMs: 10_000 });
}

async function deadFor({ store }: Member, predecessor: string | null = null): Promise<string[]> {
  const rows = await store.processes({ silentForMs: SILENT_MS, predecessor });
  return rows.filter(({ isDead }) => isDead).map(({ id }) => id);
}

async function locksOn(server: PostgresServer): Promise<number> {
  const [row] = await server.sql("SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory'");
  return Number(row?.n);
}

/** None of them has beaten for this long, by the server's clock. */
async function unseenFor(ms: number, server: PostgresServer): Promise<void> {
  await eventually("they are silent", async () => {
    const [row] = await server.sql(
      "SELECT extract(epoch FROM clock_timestamp()) * 1000 - max(seen_at) AS ms FROM persistent_queue.processes",
    );
    return Number(row?.ms) > ms;
  });
}

const readsOnly = (error: unknown) => /takes no writes/.test(String(error));
