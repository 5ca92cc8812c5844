/** The queue's password is changed on its server, and the supervisor dies: the next one waits for the right password. */
import assert from "node:assert/strict";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { addFile, runSystem } from "../support/processes/running_system.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";

/** A server that lets a user in with one password at a time. */
interface Locked extends AsyncDisposable {
  readonly url: string;
  change(password: string): Promise<unknown>;
}

const RIGHT = "the-right-password";
const BACKENDS: readonly { name: string; missing: string | null; start: () => Promise<Locked> }[] = [
  { name: "PostgreSQL", missing: whyNoPostgres(), start: lockedPostgres },
  { name: "Redis", missing: whyNoRedis(), start: lockedRedis },
];

async function lockedPostgres(): Promise<Locked> {
  const server = await postgresServer({ settings: { password_encryption: "scram-sha-256" } });
  await server.sql(
    `CREATE ROLE team LOGIN PASSWORD '${RIGHT}'; CREATE SCHEMA team_queue AUTHORIZATION team`,
  );
  const rules = await server.sql("SELECT current_setting('hba_file') AS file");
  await Deno.writeTextFile(
    String(rules[0]?.file),
    "host all team 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n",
  );
  await server.sql("SELECT pg_reload_conf()");
  return {
    url: `postgres://team:${RIGHT}@127.0.0.1:${server.port}/postgres?schema=team_queue`,
    change: (password) => server.sql(`ALTER ROLE team PASSWORD '${password}'`),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function lockedRedis(): Promise<Locked> {
  const server = await redisServer();
  const change = (password: string) =>
    server.command("ACL", "SETUSER", "team", "on", "resetpass", `>${password}`, "~*", "&*", "+@all");
  await change(RIGHT);
  return {
    url: `redis://team:${RIGHT}@127.0.0.1:${server.port}?prefix=team`,
    change,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

for (const { name, missing, start } of BACKENDS) {
  // Servers are tested once, in the run on SQLite.
  if (BACKEND !== "sqlite") continue;
  if (missing !== null) {
    console.log(`SKIPPED: ${missing}, so a change of its password is not tried`);
    continue;
  }

  Deno.test(`${name}: a supervisor that dies while the password is changed does not end the system for good`, async () => {
    await using server = await start();
    await using system = await runSystem({ command: "start", env: { QUEUE_URL: server.url } });
    await server.change("another-password");
    Deno.kill(system.supervisorPid(), "SIGKILL");
    const waits = new RegExp(`^${name} refuses this user or password: .* The start waits for that\\.$`);
    await eventually("the next one waits", () => system.lines.some((line) => waits.test(line)), {
      withinMs: 20_000,
    });
    const page = await fetch(`${system.ops}/healthz`);
    assert.equal(page.status, 503);
    assert.match(await page.text(), new RegExp(`${name} refuses this user or password`));

    await server.change(RIGHT);
    await system.healthy(20_000);
    await system.until(await addFile(system, "afterwards.txt"), "COMPLETED");
    assert.ok(!system.lines.some((line) => line.includes("password@") || line.includes(RIGHT)));
  });
}
