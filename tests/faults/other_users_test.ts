/**
 * What other users of the machine may do to the files of the database and the logs, and how files of other
 * users are reported.
 */
import assert from "node:assert/strict";
import { getQueue } from "@persistent-queue/queue";
import { openLog } from "../../workers/log.ts";
import { prepareFolders } from "../../workers/process/folders.ts";
import { startUnprivileged } from "../support/processes/unprivileged_start.ts";
import { type TempFolder, tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

function modesIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    [...Deno.readDirSync(folder)].map(({ name }) =>
      [name, ((Deno.statSync(`${folder}/${name}`).mode ?? 0) & 0o777).toString(8)] as const
    ).sort(),
  );
}

sqliteTest(
  "the database, its log, its lock, its reserve and a backup are readable by their owner only",
  async () => {
    await using folder = await tempFolder();
    const queue = await getQueue(`sqlite:${folder.file("data/queue.db")}`, { role: "owner" });
    await queue.add([{ id: "a" }]);
    await queue.backup(folder.file("data/copy.db"));
    assert.deepEqual(modesIn(folder.file("data")), {
      "copy.db": "600",
      "queue.db": "600",
      "queue.db-shm": "600",
      "queue.db-wal": "600",
      "queue.db.lock": "600",
      "queue.db.reserve": "600",
    });
    assert.equal(modesIn(folder.path).data, "700");
    await queue.close();
  },
);

sqliteTest(
  "files of an earlier release that other users could read are made private at the start",
  async () => {
    await using folder = await tempFolder();
    const url = `sqlite:${folder.file("queue.db")}`;
    await (await getQueue(url, { role: "owner" })).close();
    for (const name of Object.keys(modesIn(folder.path))) Deno.chmodSync(folder.file(name), 0o644);
    const queue = await getQueue(url, { role: "owner" });
    await queue.add([{ id: "a" }]);
    assert.deepEqual([...new Set(Object.values(modesIn(folder.path)))], ["600"]);
    await queue.close();
  },
);

sqliteTest("logs are readable by their owner only, old ones too", async () => {
  await using folder = await tempFolder();
  const dir = folder.file("logs");
  Deno.mkdirSync(dir, { mode: 0o755 });
  for (const name of ["jobqueue.log.1", "consumer_0b5c2a7e-3f41-4d0a-9c1e-5a7d2e8f6b90.log"]) {
    Deno.writeTextFileSync(`${dir}/${name}`, "", { mode: 0o644 });
  }
  prepareFolders({ filesDir: folder.file("files"), logDir: dir });
  openLog({ dir, name: "jobqueue", level: "info" }).close();
  assert.deepEqual(modesIn(dir), {
    "consumer_0b5c2a7e-3f41-4d0a-9c1e-5a7d2e8f6b90.log": "600",
    "jobqueue.log": "600",
    "jobqueue.log.1": "600",
  });
});

sqliteTest("the logs of other programs in LOG_DIR keep their permissions", async () => {
  await using folder = await tempFolder();
  const dir = folder.file("logs");
  Deno.mkdirSync(dir);
  for (const name of ["app.log", "app.log.1", "consumer_kafka.log", "producer2.log"]) {
    Deno.writeTextFileSync(`${dir}/${name}`, "", { mode: 0o644 });
  }
  prepareFolders({ filesDir: folder.file("files"), logDir: dir });
  assert.deepEqual([...new Set(Object.values(modesIn(dir)))], ["644"]);
});

async function begun(): Promise<TempFolder> {
  const folder = await tempFolder();
  await (await getQueue(`sqlite:${folder.file("data/queue.db")}`, { role: "owner" })).close();
  return folder;
}

sqliteTest(
  "a database that cannot be written ends the start with 74, naming the file and its owner, and is unchanged",
  async () => {
    await using folder = await begun();
    Deno.chmodSync(folder.file("data/queue.db"), 0o444);
    const ended = await startUnprivileged(folder.path);
    if (ended === null) return;
    assert.equal(ended.code, 74, ended.words);
    assert.match(
      ended.words,
      /queue\.db cannot be written: .*chown.*queue\.db belongs to user \d+ \(mode 0\d+\)/,
    );
    assert.deepEqual(
      Object.keys(modesIn(folder.file("data"))).filter((name) => /-(wal|shm)$/.test(name)),
      [],
    );
  },
);

const DENIED: Readonly<Record<string, (data: string) => void>> = {
  "its mode denies access": (data) => Deno.chmodSync(`${data}/queue.db`, 0),
  "it belongs to another user": (data) => Deno.chownSync(`${data}/queue.db`, 12_345, 12_345),
  "its lock belongs to another user": (data) => Deno.chownSync(`${data}/queue.db.lock`, 12_345, 12_345),
  "its folder belongs to another user": (data) => Deno.chownSync(data, 12_345, 12_345),
};

for (const [what, deny] of Object.entries(DENIED)) {
  sqliteTest(
    `a database that cannot be opened was said to lack a folder: the start names the files and their owner, as ${what}`,
    async () => {
      if (Deno.uid() !== 0) return;
      await using folder = await begun();
      deny(folder.file("data"));
      const settings = { FILES_DIR: folder.file("files") };
      const ended = await startUnprivileged(folder.path, settings);
      if (ended === null) return;
      assert.equal(ended.code, 74, ended.words);
      assert.match(ended.words, /queue\.db cannot be opened: .*chown.* belongs to user \d+ \(mode 0\d+\)/);
      if (!what.startsWith("its mode")) assert.match(ended.words, / belongs to user 12345 /);
    },
  );
}

sqliteTest("a command of another user is refused before it creates a log beside the database", async () => {
  if (Deno.uid() !== 0) return;
  await using folder = await begun();
  const data = folder.file("data");
  Deno.chownSync(`${data}/queue.db`, 12_345, 12_345);
  Deno.chmodSync(`${data}/queue.db`, 0o644);
  Deno.chmodSync(data, 0o777);
  const code = `import { getQueue } from "@persistent-queue/queue";
    await getQueue("sqlite:${data}/queue.db").catch((error) => { console.log(error.message); Deno.exit(74); });`;
  const run = [Deno.execPath(), "run", "-A", "--no-check", "--ext=ts", "-"];
  const child = new Deno.Command("setpriv", {
    args: ["--inh-caps=-all", "--bounding-set=-all", "--", ...run],
    ...{ cwd: new URL("../../", import.meta.url), stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(code));
  await writer.close();
  const { code: exitCode, stdout } = await child.output();
  assert.equal(exitCode, 74);
  assert.match(
    new TextDecoder().decode(stdout),
    /belongs to user 12345 \(mode 0644\): run the command as that user/,
  );
  assert.deepEqual(Object.keys(modesIn(data)).filter((name) => /-(wal|shm)$/.test(name)), []);
});
