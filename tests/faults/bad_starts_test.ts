/** Starts that cannot succeed: one clear sentence that says what to do, the right exit code, and nothing lost. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { freePort } from "../support/processes/free_port.ts";
import { runSystem, spawnSystem } from "../support/processes/running_system.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

interface BadStart {
  readonly name: string;
  readonly prepare?: (folder: string) => void;
  readonly env?: Record<string, string>;
  readonly code: number;
  readonly says: RegExp;
}

const BAD_STARTS: readonly BadStart[] = [
  {
    name: "a malformed setting and a misspelt one",
    env: { CONSUMERS: "ten", RETRY_DELAY_MS: "1" },
    code: 78,
    says: /RETRY_DELAY_MS.*RETRY_DELAYS_MS[^]*CONSUMERS is "ten"/,
  },
  {
    name: "the default password on a public address",
    env: { HOST: "0.0.0.0" },
    code: 78,
    says: /MANAGER_PASSWORD/,
  },
  {
    name: "a host name that this machine cannot resolve",
    env: { HOST: "no-such-host.invalid", MANAGER_PASSWORD: "a password of our own" },
    code: 78,
    says: /HOST is no-such-host\.invalid.*HOST=0\.0\.0\.0.*ALLOWED_HOSTS=no-such-host\.invalid/,
  },
  {
    name: "an unknown backend",
    env: { QUEUE_URL: "mysql://user:secret@host/db" },
    code: 78,
    says: /sqlite:/,
  },
  {
    name: "an empty database file",
    prepare: (folder) => Deno.writeTextFileSync(`${folder}/data/queue.db`, ""),
    code: 74,
    says: /empty file.*restore a backup/,
  },
  {
    name: "a database file of one byte, which was called empty",
    prepare: (folder) => Deno.writeTextFileSync(`${folder}/data/queue.db`, "x"),
    code: 74,
    says: /queue\.db is a file of one byte, .*restore a backup/,
  },
  {
    name: "a file that is not a database",
    prepare: (folder) =>
      Deno.writeTextFileSync(`${folder}/data/queue.db`, "not a database at all\n".repeat(500)),
    code: 74,
    says: /not a SQLite database/,
  },
  {
    name: "the database of another program",
    prepare: (folder) =>
      withDatabase(folder, (db) => db.exec("CREATE TABLE theirs (x); INSERT INTO theirs VALUES (1)")),
    code: 74,
    says: /belongs to another program.*untouched/,
  },
  {
    name: "a database of a newer release",
    prepare: (folder) =>
      withDatabase(folder, (db) => db.exec("PRAGMA application_id = 1347504706; PRAGMA user_version = 99")),
    code: 74,
    says: /newer release.*schema 99/,
  },
  {
    name: "a folder that cannot be created",
    env: { FILES_DIR: "/dev/null/files" },
    code: 74,
    says: /Cannot write in the folder \/dev\/null\/files.*FILES_DIR/,
  },
];

for (const { name, prepare, env = {}, code, says } of BAD_STARTS) {
  (prepare === undefined ? Deno.test : sqliteTest)(
    `${name}: exit ${code} and a sentence that says what to do`,
    async () => {
      await using folder = await tempFolder();
      Deno.mkdirSync(`${folder.path}/data`);
      prepare?.(folder.path);
      const before = snapshot(folder.path);
      const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
      const { code: exitCode, stdout, stderr } = await spawnSystem({
        folder: folder.path,
        env: { ...ports, ...env },
      }).output();
      const words = new TextDecoder().decode(stderr);
      assert.equal(exitCode, code, words + new TextDecoder().decode(stdout));
      assert.match(words, says);
      assert.doesNotMatch(words, /^\s+at /m, "no stack trace");
      assert.doesNotMatch(words, /secret/);
      assert.deepEqual(snapshot(folder.path), before);
    },
  );
}

sqliteTest("a damaged database: exit 74, and the file is left as it is", async () => {
  await using folder = await tempFolder();
  await using first = await runSystem({ folder: folder.path });
  for (let i = 0; i < 20; i++) {
    const response = await first.api(
      "jobs",
      Array.from({ length: 50 }, (_, j) => ({ id: `data/files/${i}-${j}.txt`, run_at: 9e12 })),
    );
    await response.body?.cancel();
  }
  first.process.kill("SIGTERM");
  await first.process.status;
  const path = folder.file("data/queue.db");
  const bytes = Deno.readFileSync(path);
  bytes.fill(0x5a, 4096 * 3, 4096 * 6);
  Deno.writeFileSync(path, bytes);
  const { code, stderr } = await spawnSystem({ folder: folder.path }).output();
  assert.equal(code, 74);
  assert.match(new TextDecoder().decode(stderr), /damaged.*[Rr]estore a backup/);
  assert.deepEqual(Deno.readFileSync(path), bytes);
});

sqliteTest(
  "a second supervisor on the same database: exit 74, only the true reason, and the first one is not disturbed",
  async () => {
    await using first = await runSystem();
    const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
    const { code, stdout, stderr } = await spawnSystem({ folder: first.folder, env: ports }).output();
    assert.equal(code, 74);
    const lines = new TextDecoder().decode(stderr).split("\n").filter((line) => line !== "");
    const held = "is in use by another supervisor";
    assert.match(
      lines.shift() ?? "",
      new RegExp(`${held}\\. The start waits a few seconds for that one to end\\.$`),
    );
    assert.match(lines.join("\n"), new RegExp(`^The database .* ${held}: stop that one first, or .*\\.$`));
    assert.equal(new TextDecoder().decode(stdout), "");
    await first.healthy(1_000);
  },
);

Deno.test("a port that is in use: exit 78, naming the setting", async () => {
  await using folder = await tempFolder();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const env = { MANAGER_PORT: String(listener.addr.port), OPS_PORT: String(freePort()) };
  const { code, stderr } = await spawnSystem({ folder: folder.path, env }).output();
  assert.equal(code, 78);
  assert.match(
    new TextDecoder().decode(stderr),
    new RegExp(`Port ${listener.addr.port} is in use.*MANAGER_PORT`),
  );
});

Deno.test("both ports are in use: both are named at once", async () => {
  await using folder = await tempFolder();
  using manager = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  using ops = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const [managerPort, opsPort] = [manager.addr.port, ops.addr.port];
  const env = { MANAGER_PORT: String(managerPort), OPS_PORT: String(opsPort) };
  const { code, stderr } = await spawnSystem({ folder: folder.path, env }).output();
  assert.equal(code, 78);
  assert.match(
    new TextDecoder().decode(stderr),
    new RegExp(`Port ${managerPort} is in use.*MANAGER_PORT[^]*Port ${opsPort} is in use.*OPS_PORT`),
  );
});

function withDatabase(folder: string, work: (db: DatabaseSync) => void): void {
  using db = new DatabaseSync(`${folder}/data/queue.db`);
  work(db);
}

/** Every file of the data folder with its content: a refused start must change nothing. */
function snapshot(folder: string): Record<string, string> {
  const files = [...Deno.readDirSync(`${folder}/data`)].filter(({ isFile, name }) =>
    isFile && !name.endsWith(".lock")
  );
  return Object.fromEntries(files.map(({ name }) => [name, Deno.readTextFileSync(`${folder}/data/${name}`)]));
}
