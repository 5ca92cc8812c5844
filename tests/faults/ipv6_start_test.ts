/** Starts on servers that listen on an IPv6 address, with the permissions that the system computes for itself. */
import assert from "node:assert/strict";
import { BACKEND } from "../support/backend.ts";
import { runSystem, spawnSystem } from "../support/processes/running_system.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { tempFolder } from "../support/temp_folder.ts";

function whyNoIpv6(): string | null {
  try {
    Deno.listen({ hostname: "::1", port: 0 }).close();
    return null;
  } catch {
    return "this machine has no address ::1";
  }
}

const SERVERS = {
  PostgreSQL: {
    missing: whyNoPostgres(),
    start: () => postgresServer({ isDurable: false, settings: { listen_addresses: "127.0.0.1,::1" } }),
    url: (port: number) => `postgres://queue@[::1]:${port}/My%20Jobs`,
    prepare: 'CREATE DATABASE "My Jobs"',
  },
  Redis: {
    missing: whyNoRedis(),
    start: () => redisServer({ bind: "127.0.0.1 ::1" }),
    url: (port: number) => `redis://[::1]:${port}/0`,
    prepare: null,
  },
};

for (const [name, { missing, start, url, prepare }] of Object.entries(SERVERS)) {
  // Servers are tested once, in the run on SQLite.
  if (BACKEND !== "sqlite") continue;
  const why = missing ?? whyNoIpv6();
  if (why !== null) {
    console.log(`SKIPPED: ${why}, so no start on ${name} at an IPv6 address is tried`);
    continue;
  }

  Deno.test(`the system and its command line work on ${name} at an IPv6 address`, async () => {
    await using folder = await tempFolder();
    await using server = await start();
    if (prepare !== null && "sql" in server) await server.sql(prepare);
    const env = { QUEUE_URL: url(server.port) };
    await using _system = await runSystem({ command: "supervise confined", folder: folder.path, env });
    const { code, stdout } = await spawnSystem({ command: "jobs stats", folder: folder.path, env }).output();
    assert.equal(code, 0);
    assert.match(new TextDecoder().decode(stdout), /^PENDING +0$/m);
  });
}
