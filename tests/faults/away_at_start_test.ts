/** A start while the storage is unavailable: the pages are up, say so, and show the queue once it is available. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { eventually } from "../support/eventually.ts";
import { addFile, runSystem } from "../support/processes/running_system.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { relayTo } from "../support/servers/relay.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { BACKEND } from "../support/backend.ts";

/** A storage that is unavailable until told otherwise. */
interface Away extends AsyncDisposable {
  readonly url: string;
  /** What the pages say to strangers. */
  readonly says: string;
  /** What only the operator sees. */
  readonly tells: RegExp;
  beThere(): void;
}

const BACKENDS: readonly { name: string; missing: string | null; away: (folder: string) => Promise<Away> }[] =
  [
    { name: "SQLite", missing: null, away: lockedDatabase },
    { name: "PostgreSQL", missing: whyNoPostgres(), away: (folder) => cutOff(postgresServer, folder) },
    { name: "Redis", missing: whyNoRedis(), away: (folder) => cutOff(redisServer, folder) },
  ];

async function lockedDatabase(folder: string): Promise<Away> {
  const url = `sqlite:${folder}/data/queue.db`;
  const first = await runSystem({ folder, env: { QUEUE_URL: url } });
  await first[Symbol.asyncDispose]();
  const lock = new DatabaseSync(`${folder}/data/queue.db`);
  // Otherwise the database could still be read, and the pages would show it.
  lock.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  return {
    url,
    says: "The database is locked by another program: end its transaction.",
    tells: /\(database is locked\)/,
    beThere: () => lock.close(),
    [Symbol.asyncDispose]: () => Promise.resolve(lock.isOpen ? lock.close() : undefined),
  };
}

async function cutOff(start: typeof postgresServer | typeof redisServer, folder: string): Promise<Away> {
  const server = await start();
  const relay = relayTo(server.port);
  relay.cut();
  const url = new URL(server.url(`away_${folder.replace(/\W/g, "").slice(-12).toLowerCase()}`));
  url.port = String(relay.port);
  const [name, hint] = url.protocol === "redis:"
    ? ["Redis", ", with rediss: if it takes TLS only"]
    : ["PostgreSQL", ""];
  return {
    url: url.href,
    says:
      `${name} cannot be reached: see that it runs, and that QUEUE_URL names its host and its port${hint}.`,
    tells: new RegExp(`127\\.0\\.0\\.1:${relay.port}`),
    beThere: () => relay.mend(),
    async [Symbol.asyncDispose]() {
      await relay[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const WAITS = /The start waits for that\.$/;

for (const { name, missing, away } of BACKENDS) {
  // Servers are tested once, in the run on SQLite.
  if (BACKEND !== "sqlite") continue;
  if (missing !== null) {
    console.log(`SKIPPED: ${missing}, so a start without it is not tried`);
    continue;
  }

  Deno.test(`a start without ${name} serves both pages, which say what is missing, and continues once it is available`, async () => {
    await using folder = await tempFolder();
    await using storage = await away(folder.path);
    await using system = await runSystem({
      folder: folder.path,
      env: { QUEUE_URL: storage.url },
      until: WAITS,
    });
    const told = system.lines.filter((line) => WAITS.test(line));
    assert.equal(told.length, 1, "it is said once");
    assert.match(String(told[0]), storage.tells);
    await eventually("it says where its pages are", () => {
      const said = system.lines.filter((line) => /^(Manager|Ops) +http:/.test(line));
      return said.length === 2 && said.every((line) => !line.includes("password"));
    });
    for (const page of [system.manager, system.ops]) await assertWaits(page, storage);
    const refused = await system.api("jobs", { kind: "any" });
    assert.equal(refused.status, 503);
    assert.equal(refused.headers.get("retry-after"), "3");
    assert.deepEqual(await refused.json(), { error: { code: "storage", message: storage.says } });
    storage.beThere();
    await eventually("it greets", () => system.lines.some((line) => /supervisor process/.test(line)), {
      withinMs: 10_000,
    });
    const id = await addFile(system, "first.txt");
    await system.until(id, "COMPLETED");
    const page = await fetch(system.ops);
    assert.equal(page.status, 200);
    assert.equal(page.headers.get("refresh"), null);
    assert.match(await page.text(), /Ops/);
  });

  Deno.test(`a start that waits for ${name} ends at once when told to, with exit code 0`, async () => {
    await using folder = await tempFolder();
    await using storage = await away(folder.path);
    for (const command of ["start", "supervise"] as const) {
      await using system = await runSystem({
        ...{ folder: folder.path, env: { QUEUE_URL: storage.url }, until: WAITS, command },
      });
      const askedAt = performance.now();
      system.process.kill("SIGTERM");
      const { code } = await system.process.status;
      assert.equal(code, 0, command);
      const tookMs = performance.now() - askedAt;
      assert.ok(tookMs < 3_000, `${command} took ${tookMs} ms`);
    }
  });
}

async function assertWaits(origin: string, { says, tells }: Away): Promise<void> {
  const health = await fetch(`${origin}/healthz`);
  assert.equal(health.status, 503);
  assert.deepEqual(await health.json(), { status: "unavailable", reason: says });
  assert.equal((await (await fetch(`${origin}/ready`)).text()).includes("starting"), true);
  assert.equal(await statusOf(`${origin}/live`), 200);
  const page = await fetch(origin);
  const html = await page.text();
  assert.equal(page.status, 503);
  assert.equal(page.headers.get("refresh"), "3");
  assert.ok(html.includes(`${says} The start waits for that`), html);
  assert.doesNotMatch(html, tells);
}

async function statusOf(url: string): Promise<number> {
  const response = await fetch(url);
  await response.body?.cancel();
  return response.status;
}
