/** The command line in a folder other than the intended one, and files that exist already. */
import assert from "node:assert/strict";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

const MAIN = new URL("../../main.ts", import.meta.url).href;

/** The permissions of the task. */
const PERMISSIONS = ["env", "net", "read", "write", "sys=userInfo,uid,gid"].map((one) => `--allow-${one}`);

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function jobs(cwd: string, ...args: string[]): Promise<Ended> {
  return jobsWith({}, cwd, ...args);
}

async function jobsWith(env: Record<string, string>, cwd: string, ...args: string[]): Promise<Ended> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", ...PERMISSIONS, "--no-prompt", "--no-check", MAIN, "jobs", ...args],
    ...{ cwd, env: { NO_COLOR: "1", ...env } },
  }).output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name).sort();

sqliteTest(
  "a command that reads or moves jobs where there is no queue is refused with the whole path, and creates nothing",
  async () => {
    await using folder = await tempFolder();
    for (
      const args of [["list"], ["stats"], ["show", "a"], ["verify"], ["backup", "copy.db"], [
        "cancel",
        "a",
      ]]
    ) {
      const { code, err } = await jobs(folder.path, ...args);
      assert.equal(code, 74, `${args}: ${err}`);
      assert.match(err, new RegExp(`There is no database ${folder.path}/data/queue\\.db`));
    }
    assert.deepEqual(names(folder.path), []);
  },
);

sqliteTest("a command that adds jobs where there is no queue creates one, and says where", async () => {
  await using folder = await tempFolder();
  const { code, err } = await jobs(folder.path, "add", "data/files/a.txt");
  assert.equal(code, 0, err);
  assert.match(err, new RegExp(`There was no database ${folder.path}/data/queue\\.db: a new one was made`));
});

sqliteTest(
  "a backup to an unsuitable place is refused as that, and never overwrites a file unless told to",
  async () => {
    await using folder = await tempFolder();
    await jobs(folder.path, "add", "data/files/a.txt");
    await Deno.writeTextFile(folder.file("copy.db"), "the only good copy");
    const refused = await jobs(folder.path, "backup", "copy.db");
    assert.equal(refused.code, 1);
    assert.match(refused.err, /copy\.db is there already.*--replace/);
    assert.equal(await Deno.readTextFile(folder.file("copy.db")), "the only good copy");
    assert.equal((await jobs(folder.path, "backup", "copy.db", "--replace")).code, 0);
    const missing = await jobs(folder.path, "backup", "nowhere/copy.db");
    assert.equal(missing.code, 1);
    assert.match(missing.err, /There is no folder nowhere for the backup/);
    const unsuitable: Record<string, RegExp> = {
      data: /^data is not a file/,
      "data/queue.db": /belongs to the live database/,
      "/sys/copy.db":
        /written to \/sys\/copy\.db: a program with few permissions opens no file there\. Choose/,
      "/dev/full":
        /written to \/dev\/full: a program with few permissions opens no file there\. Choose another/,
      "copy.db/copy.db": /a part of this path is a file, not a folder\. Choose another place/,
      [`${"x".repeat(300)}.db`]: /this name is too long\. Choose another place/,
    };
    for (const [target, sentence] of Object.entries(unsuitable)) {
      const { code, err } = await jobs(folder.path, "backup", target);
      assert.equal(code, 1, err);
      assert.match(err, sentence);
    }
    assert.deepEqual(names(folder.path), ["copy.db", "data", "logs"]);
  },
);

sqliteTest(
  "a backup that would make a file named like a URL, or one without a name, is a usage error",
  async () => {
    await using folder = await tempFolder();
    await jobs(folder.path, "add", "data/files/a.txt");
    const unclear: Record<string, RegExp> = {
      "": /^The path is empty/,
      " ": /^The path is empty/,
      "sqlite:b.db": /takes a path, not a URL: write the path itself, for example b\.db\./,
      "file:///tmp/b.db": /for example \/tmp\/b\.db\./,
    };
    for (const [target, sentence] of Object.entries(unclear)) {
      const { code, err } = await jobs(folder.path, "backup", target);
      assert.equal(code, 2, err);
      assert.match(err, sentence);
    }
    assert.deepEqual(names(folder.path), ["data", "logs"]);
  },
);

sqliteTest("a backup where handlers could read every payload is refused, through a link too", async () => {
  await using folder = await tempFolder();
  await jobs(folder.path, "add", "data/files/a.txt");
  await Deno.mkdir(folder.file("data/files"), { recursive: true });
  await Deno.symlink("data/files", folder.file("way"));
  for (
    const [target, where] of [["data/files/b.db", "FILES_DIR"], ["logs/b.db", "LOG_DIR"], [
      "way/b.db",
      "FILES",
    ]]
  ) {
    const { code, err } = await jobs(folder.path, "backup", `${target}`);
    assert.equal(code, 1, err);
    assert.match(err, new RegExp(`lies in ${where}.*, where handlers can read every payload`));
  }
  assert.deepEqual(names(folder.file("data/files")), []);
  assert.deepEqual(names(folder.file("logs")), ["jobqueue.log"]);
});

sqliteTest(
  "a backup in the project of a team's handlers is refused, except beside the database",
  async () => {
    await using folder = await tempFolder();
    await Deno.mkdir(folder.file("team/handlers"), { recursive: true });
    await Deno.mkdir(folder.file("team/data"));
    await Deno.writeTextFile(folder.file("team/deno.json"), "{}");
    await Deno.writeTextFile(folder.file("team/handlers/mail.ts"), "export const handler = () => {};");
    const env = { HANDLERS_DIR: "team/handlers", QUEUE_URL: "sqlite:team/data/queue.db" };
    const run = (...args: string[]) => jobsWith(env, folder.path, ...args);
    await run("add", "one");
    const { code, err } = await run("backup", "team/b.db");
    assert.equal(code, 1, err);
    assert.match(err, /lies in the project of the handlers, where handlers can read every payload/);
    assert.deepEqual(names(folder.file("team")), ["data", "deno.json", "handlers"]);
    assert.equal((await run("backup", "team/data/b.db")).code, 0);
  },
);

Deno.test("a start with its files or logs in /proc says what is wrong there, not that it needs every permission", async () => {
  await using folder = await tempFolder();
  const permissions = ["env", "net", "read", "write", `run=${Deno.execPath()}`, "sys"].map((one) =>
    `--allow-${one}`
  );
  for (const [setting, place] of [["FILES_DIR", "/proc/self"], ["LOG_DIR", "/dev/shm/logs"]] as const) {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", ...permissions, "--no-prompt", "--no-check", MAIN, "start"],
      ...{ cwd: folder.path, env: { NO_COLOR: "1", [setting]: place, MANAGER_PORT: "0", OPS_PORT: "0" } },
    }).output();
    assert.equal(code, 74);
    const said = new TextDecoder().decode(stderr);
    assert.match(
      said,
      new RegExp(`folder ${place}: .*${setting} \\(a program with few permissions opens no file`),
    );
    assert.doesNotMatch(said, /allow-all/);
  }
});
