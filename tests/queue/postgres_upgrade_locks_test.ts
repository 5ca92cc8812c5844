/** An upgrade of a queue on PostgreSQL that finds the tables in use, beside hosts of the earlier release. */
import assert from "node:assert/strict";
import postgres from "postgres";
import { StorageError } from "../../queue/errors.ts";
import { openStore } from "../../queue/get_queue.ts";
import { eventually } from "../support/eventually.ts";
import { holding, waitingForLock } from "../support/servers/postgres_locks.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";

const FIRST = new URL("../../queue/postgres/migrations/0001_jobs.sql", import.meta.url);
/** A host gives up a statement that waits longer for a lock. */
const PATIENCE_MS = 1_000;

let server: PostgresServer;

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so no upgrade waits for a lock there`);
} else {
  Deno.test.beforeAll(async () => {
    server = await postgresServer({ isDurable: false });
  });
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());

  Deno.test("an upgrade that waits for a dump does not make the writes of running hosts fail", async () => {
    await makeFirstSchema("dumped");
    await using _dump = await holding(server, "SELECT count(*) FROM dumped.jobs");
    await using host = hostOn("dumped");
    let isOver = false;
    const refusal = pauseOf("dumped").finally(() => isOver = true);
    while (!isOver) await host.write();
    assert.ok(await refusal > 5 * PATIENCE_MS);
  });

  Deno.test("hosts that wait to upgrade share the pause between two tries, so that many do not hold up the running ones", async () => {
    await makeFirstSchema("shared");
    await using dump = await holding(server, "SELECT count(*) FROM shared.jobs");
    const pauseMs = await pauseOf("shared");
    // From now on a try would succeed.
    await dump.release();
    const leftMs = await pauseOf("shared");
    assert.ok(leftMs < pauseMs, `${leftMs} of ${pauseMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, leftMs + 1));
    await (await openStore(server.url("shared"), "owner")).close();
  });

  Deno.test("a try to upgrade that is in the future, because the clock was set back, keeps no host waiting", async () => {
    await makeFirstSchema("later");
    await server.sql("COMMENT ON TABLE later.persistent_queue IS 'Milliseconds since 1970: 9999999999999'");
    await (await openStore(server.url("later"), "owner")).close();
  });

  Deno.test("an upgrade that waits for a vacuum lets the hosts write, and begins when the vacuum ends", async () => {
    await makeFirstSchema("vacuumed");
    await using vacuum = await holding(
      server,
      "SET search_path = vacuumed; LOCK TABLE jobs IN SHARE UPDATE EXCLUSIVE MODE",
    );
    await using host = hostOn("vacuumed");
    const opening = openStore(server.url("vacuumed"), "owner");
    await eventually("the upgrade waits", async () => await waitingForLock(server) === 1);
    await host.write();
    assert.equal(await waitingForLock(server), 1);
    await vacuum.release();
    await (await opening).close();
  });
}

/** Returns how long a host waits that wants to upgrade, and cannot now. */
async function pauseOf(schema: string): Promise<number> {
  const error = await openStore(server.url(schema), "owner").then((store) => store.close(), (error) => error);
  assert.ok(error instanceof StorageError && error.passing, String(error));
  assert.match(error.publicMessage, /^The upgrade of the queue waits for .*, such as a dump/);
  return error.pauseMs ?? 0;
}

async function makeFirstSchema(schema: string): Promise<void> {
  await server.sql(`CREATE SCHEMA ${schema}; SET search_path = ${schema};
    CREATE TABLE persistent_queue (version integer NOT NULL); INSERT INTO persistent_queue VALUES (1);
    ${await Deno.readTextFile(FIRST)}; RESET search_path`);
}

interface Host extends AsyncDisposable {
  /** @throws if the write waits too long for a lock */
  write(): Promise<void>;
}

function hostOn(schema: string): Host {
  const sql = postgres({
    ...{ host: "127.0.0.1", port: server.port, user: "queue", database: "postgres" },
    ...{ max: 1, max_lifetime: null, onnotice() {} },
  });
  const statements =
    `SET lock_timeout = ${PATIENCE_MS}; UPDATE ${schema}.jobs SET lease = lease WHERE seq = -1`;
  return {
    write: async () => void await sql.unsafe(statements).simple(),
    [Symbol.asyncDispose]: () => sql.end({ timeout: 1 }),
  };
}
