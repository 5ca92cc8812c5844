/** Where the database, the files of jobs and the logs may be, and the forms in which users write such paths. */
import assert from "node:assert/strict";
import { getQueue } from "@persistent-queue/queue";
import { ConfigurationError, readSettings } from "../../workers/config.ts";
import { tempFolder } from "../support/temp_folder.ts";

const ROOT = new URL("../../", import.meta.url).pathname.replace(/\/$/, "");

function problemsOf(env: Record<string, string>, startDir = "/srv/queue"): readonly string[] {
  try {
    readSettings({ env, dotenv: null, startDir });
    return [];
  } catch (error) {
    assert(error instanceof ConfigurationError, String(error));
    return error.problems;
  }
}

const MISREAD: Readonly<Record<string, RegExp>> = {
  "sqlite://data/queue.db": /write sqlite:data\/queue\.db .* or sqlite:\/data\/queue\.db/,
  "sqlite:///srv/queue.db": /write sqlite:srv\/queue\.db .* or sqlite:\/srv\/queue\.db/,
  "sqlite:////srv/queue.db": /or sqlite:\/srv\/queue\.db/,
  "sqlite:~/queue.db": /~.*write the whole path/,
  "sqlite:$HOME/queue.db": /variable.*write the whole path/,
  "sqlite::memory:": /in memory.*name a file/,
  "sqlite:memory": /in memory.*name a file/,
  "sqlite:MEMORY": /in memory.*name a file/,
  "sqlite://:memory:": /in memory.*name a file/,
  "sqlite:///:memory:": /in memory.*name a file/,
  "sqlite:%HOME%/q.db": /variable.*write the whole path/,
  "sqlite:data/$USER/q.db": /variable.*write the whole path/,
  "sqlite:up/${USER}/q.db": /variable.*write the whole path/,
  "sqlite:file::memory:": /in memory.*name a file/,
  "sqlite:q.db?mode=memory": /in memory.*name a file/,
  "sqlite:file:data/queue.db?mode=ro": /write sqlite:data\/queue\.db,/,
  "sqlite:data/queue.db?mode=ro": /no.*write sqlite:data\/queue\.db$/,
  "sqlite:my%20folder/queue.db": /write the character itself/,
  'sqlite:"data/queue.db"': /quotation mark/,
  "sqlite:data/queue.db-wal": /SQLite keeps beside.*write sqlite:data\/queue\.db$/,
  "sqlite:data/queue.db-shm": /write sqlite:data\/queue\.db$/,
  "sqlite:data/queue.db-journal": /write sqlite:data\/queue\.db$/,
  "sqlite:\\data\\q.db": /backslashes.*write sqlite:data\/q\.db .*or sqlite:\/data\/q\.db/,
  "sqlite:data\\q.db": /backslashes.*write sqlite:data\/q\.db /,
  "sqlite:data/": /names a folder/,
  "sqlite:.": /names a folder/,
  "file:data/queue.db": /must begin with sqlite:/,
  "/srv/queue.db": /for example QUEUE_URL=sqlite:\/srv\/queue\.db$/,
};

for (const [url, pattern] of Object.entries(MISREAD)) {
  Deno.test(`QUEUE_URL=${url} is refused with the right form, and no file is created`, async () => {
    const [problem = "", ...others] = problemsOf({ QUEUE_URL: url });
    assert.match(problem, pattern);
    assert.deepEqual(others, []);
    if (url.startsWith("sqlite:")) await assert.rejects(getQueue(url), { name: "StorageError" });
  });
}

const MEANT: Readonly<Record<string, string>> = {
  "sqlite:data/queue.db": "/srv/queue/data/queue.db",
  "sqlite: data/queue.db": "/srv/queue/data/queue.db",
  "sqlite:./queue.db": "/srv/queue/queue.db",
  "sqlite:../queue.db": "/srv/queue.db",
  "sqlite:/var/lib/queue.db": "/var/lib/queue.db",
  "sqlite:./memory": "/srv/queue/memory",
  "sqlite:in$ide/100%/queue.db": "/srv/queue/in$ide/100%/queue.db",
  "sqlite:a b/#1 what?/queue.db": "/srv/queue/a b/#1 what?/queue.db",
};

for (const [url, path] of Object.entries(MEANT)) {
  Deno.test(`QUEUE_URL=${url} is ${path} for a start in /srv/queue`, () => {
    const { queueUrl } = readSettings({ env: { QUEUE_URL: url }, dotenv: null, startDir: "/srv/queue" });
    assert.equal(queueUrl, `sqlite:${path}`);
  });
}

Deno.test("a path that only a shell would understand is refused for folders as well", () => {
  for (const name of ["FILES_DIR", "LOG_DIR", "HANDLERS_DIR"]) {
    for (const path of ["~/files", "$HOME/files", '"files"', "data/$USER", "/srv/${USER}/x", "%TEMP%/x"]) {
      const [problem = ""] = problemsOf({ [name]: path });
      assert.match(problem, new RegExp(`^${name} is .*write the path itself`));
    }
  }
});

Deno.test("FILES_DIR=file:///srv/files made a folder named file: and is refused, like every URL, and so are backslashes", () => {
  for (const name of ["FILES_DIR", "LOG_DIR", "HANDLERS_DIR"]) {
    for (const url of ["file:///srv/files", "file:files", "FILE:/srv", "s3://bucket/files"]) {
      const [problem = "", ...others] = problemsOf({ [name]: url });
      assert.match(problem, new RegExp(`^${name} is .*, which is a URL: write the path itself, for example`));
      assert.deepEqual(others, []);
    }
    const [problem = ""] = problemsOf({ [name]: "data\\files" });
    assert.match(problem, new RegExp(`^${name} is .*backslashes.*with slashes`));
  }
});

Deno.test("a QUEUE_URL that names a folder left a lock beside it, and is refused", async () => {
  await using folder = await tempFolder();
  for (
    const env of [{ QUEUE_URL: "sqlite:stored" }, { QUEUE_URL: "sqlite:stored", FILES_DIR: "stored/files" }]
  ) {
    const problems = problemsOf(env, folder.path);
    assert.equal(problems.length, "FILES_DIR" in env ? 1 : 0, "before it is there");
  }
  await Deno.mkdir(folder.file("stored"));
  const [problem = "", ...others] = problemsOf({ QUEUE_URL: "sqlite:stored" }, folder.path);
  assert.match(problem, /^QUEUE_URL is sqlite:.*\/stored, which is a folder: name a file in it/);
  assert.deepEqual(others, []);
  await assert.rejects(getQueue(`sqlite:${folder.file("stored")}`, { role: "owner" }), /it is not a file/);
  assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["stored"]);
});

Deno.test("a FILES_DIR that holds any of the system's own files is refused: jobs write there", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("data"));
  await Deno.symlink(folder.file("data"), folder.file("linked"));
  const wrong: readonly (readonly [RegExp, Record<string, string>])[] = [
    [/holds the database/, { FILES_DIR: "data" }],
    [/holds the database/, { FILES_DIR: "linked" }],
    [/holds the database/, { FILES_DIR: "." }],
    [/holds the database/, { FILES_DIR: "/" }],
    [/holds the logs/, { FILES_DIR: "logs" }],
    [/holds the logs/, { FILES_DIR: "x", LOG_DIR: "x/logs" }],
    [/holds the settings or the code/, { FILES_DIR: ".", QUEUE_URL: "sqlite:/v/q.db", LOG_DIR: "/v/logs" }],
    [/holds the settings or the code/, { FILES_DIR: ROOT }],
    [/a folder of code/, { FILES_DIR: `${ROOT}/workers/handlers` }],
    [/a folder of code/, { FILES_DIR: `${ROOT}/ui` }],
  ];
  for (const [pattern, env] of wrong) {
    const problems = problemsOf(env, folder.path);
    assert.equal(problems.length, 1, `${JSON.stringify(env)}: ${problems.join("\n")}`);
    assert.match(problems[0] ?? "", pattern);
  }
  for (const FILES_DIR of ["data/files", "files", "logs/files", "/srv/files"]) {
    assert.deepEqual(problemsOf({ FILES_DIR }, folder.path), []);
  }
});

Deno.test("LOG_DIR and the database are refused in a folder of code, through a link too: handlers write to the logs", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("team/handlers"), { recursive: true });
  await Deno.symlink(`${ROOT}/workers`, folder.file("linked"));
  const HANDLERS_DIR = folder.file("team/handlers");
  const wrong: readonly (readonly [RegExp, Record<string, string>])[] = [
    [/^LOG_DIR .*holds the settings or the code/, { LOG_DIR: ROOT }],
    [/^LOG_DIR .*is a folder of code/, { LOG_DIR: `${ROOT}/workers` }],
    [/^LOG_DIR .*is a folder of code/, { LOG_DIR: `${ROOT}/queue` }],
    [/^LOG_DIR .*is a folder of code/, { LOG_DIR: `${ROOT}/ui/static/logs` }],
    [/^LOG_DIR .*is a folder of code/, { LOG_DIR: "linked/handlers" }],
    [/^LOG_DIR .*holds the database/, { LOG_DIR: "data" }],
    [/^QUEUE_URL .*lies in a folder of code/, { QUEUE_URL: `sqlite:${ROOT}/workers/q.db` }],
    [/^QUEUE_URL .*lies in a folder of code/, { QUEUE_URL: "sqlite:linked/q.db" }],
    [/^LOG_DIR .*is a folder of code/, { LOG_DIR: "team/handlers/logs", HANDLERS_DIR }],
    [/^LOG_DIR .*holds the settings or the code/, { LOG_DIR: "team", HANDLERS_DIR }],
    [/^FILES_DIR .*holds the settings or the code/, { FILES_DIR: HANDLERS_DIR, HANDLERS_DIR }],
    [/^FILES_DIR .*holds the settings or the code/, { FILES_DIR: "team", HANDLERS_DIR }],
    [/^QUEUE_URL .*lies in a folder of code/, { QUEUE_URL: "sqlite:team/handlers/q.db", HANDLERS_DIR }],
  ];
  for (const [pattern, env] of wrong) {
    const problems = problemsOf(env, folder.path);
    assert.equal(problems.length, 1, `${JSON.stringify(env)}: ${problems.join("\n")}`);
    assert.match(problems[0] ?? "", pattern);
  }
  for (const env of [{ LOG_DIR: "team/logs", FILES_DIR: "team/files", HANDLERS_DIR }, { LOG_DIR: "x" }]) {
    assert.deepEqual(problemsOf(env, folder.path), []);
  }
});

Deno.test("an .env that is a link into FILES_DIR or LOG_DIR is refused: a job could rename its target", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("data/files/conf"), { recursive: true });
  await Deno.writeTextFile(folder.file("data/files/conf/env"), "");
  await Deno.symlink("data/files/conf/env", folder.file(".env"));
  assert.match(problemsOf({}, folder.path).join(), /^FILES_DIR .*holds the file that \.env is a link to/);
  assert.match(
    problemsOf({ FILES_DIR: "files", LOG_DIR: "data/files" }, folder.path).join(),
    /^LOG_DIR .*holds the file that \.env is a link to/,
  );
});
