import assert from "node:assert/strict";
import { readSettings } from "../../workers/config.ts";
import { permissionFlags, supervisorArgs, V8_FLAGS } from "../../workers/process/permissions.ts";
import { tempFolder } from "../support/temp_folder.ts";

const MAIN = new URL("../../main.ts", import.meta.url).href;
const ROOT = new URL("../../", import.meta.url).pathname;

function flags(env: Record<string, string> = {}): string[] {
  return permissionFlags(readSettings({ env, dotenv: null, startDir: "/app" }), "file:///app/main.ts");
}

Deno.test("the default settings grant the folders and the two addresses, but no variable and no .env", () => {
  const [net, read, write, ...others] = flags();
  assert.equal(
    read,
    "--allow-read=/app,/app/main.ts,/app/queue,/app/workers,/app/ui,/app/data/files,/app/logs,/app/data",
  );
  assert.equal(write, "--allow-write=/app/data/files,/app/logs,/app/data");
  assert.equal(net, "--allow-net=127.0.0.1:8501,127.0.0.1:8502");
  assert.deepEqual(others, ["--deny-read=/app/.env", "--deny-write=/app/.env"]);
});

Deno.test("a handler cannot read the file that .env is a link to", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("data"));
  await Deno.writeTextFile(folder.file("data/.env"), "MANAGER_PASSWORD=of our own");
  await Deno.symlink("data/.env", folder.file(".env"));
  const args = permissionFlags(
    readSettings({ env: {}, dotenv: null, startDir: folder.path }),
    "file:///app/main.ts",
  );
  const paths = `${folder.file(".env")},${await Deno.realPath(folder.file("data/.env"))}`;
  assert.deepEqual(args.slice(-2), [`--deny-read=${paths}`, `--deny-write=${paths}`]);
});

Deno.test("the backend's address is granted, and its password is not shown", () => {
  const at = (queueUrl: string) =>
    permissionFlags({ ...readSettings({ env: {}, dotenv: null }), queueUrl }, "file:///app/main.ts");
  const postgres = at("postgres://user:hunter2@db.example.com/queue");
  assert(
    postgres.includes("--allow-net=127.0.0.1:8501,127.0.0.1:8502,db.example.com:5432"),
    postgres.join("\n"),
  );
  const redis = at("redis://localhost:7000");
  assert(redis.includes("--allow-net=127.0.0.1:8501,127.0.0.1:8502,localhost:7000"), redis.join("\n"));
  assert(at("rediss://:hunter2@db.example.com").some((flag) => flag.endsWith(",db.example.com:6379")));
  assert(at("postgres://user@[::1]/queue").some((flag) => flag.endsWith(",[::1]:5432")));
  // The driver does not connect without it.
  assert(redis.includes("--allow-env=REDIS_DEBUG_MAINTENANCE"), redis.join("\n"));
  assert.doesNotMatch([...postgres, ...at("rediss://:hunter2@db.example.com")].join(), /hunter2/);
});

Deno.test("an IPv6 host is written in brackets", () => {
  assert(flags({ HOST: "::1" }).includes("--allow-net=[::1]:8501,[::1]:8502"));
});

Deno.test("a database in the current folder grants its own files, not the folder", () => {
  const write = flags({ QUEUE_URL: "sqlite:queue.db" })[2] ?? "";
  assert.match(write, /,\/app\/queue\.db,\/app\/queue\.db-wal,\/app\/queue\.db-shm,/);
  assert.doesNotMatch(write, /[=,]\/app(,|$)/);
});

Deno.test("what HANDLER_ALLOW names is added", () => {
  const allowed = flags({ HANDLER_ALLOW: "net=api.example.com env=SMTP_URL run=pdftotext read" });
  assert(allowed.includes("--allow-read"));
  assert(allowed.includes("--allow-net=127.0.0.1:8501,127.0.0.1:8502,api.example.com"));
  assert(allowed.includes("--allow-run=pdftotext"));
  assert(allowed.includes("--allow-env=SMTP_URL"));
});

Deno.test("the supervisor is started without prompts and downloads, and with the argument of a guarded one", () => {
  const args = supervisorArgs(
    readSettings({ env: {}, dotenv: null, startDir: "/app" }),
    "file:///app/main.ts",
  );
  assert.deepEqual(args.slice(0, 4), ["run", V8_FLAGS, "--no-prompt", "--cached-only"]);
  assert.deepEqual(args.slice(-3), ["file:///app/main.ts", "supervise", "--guarded"]);
  assert(!args.includes("-A") && !args.includes("--allow-all"));
});

Deno.test("heaps stay small, and every loop can be ended, however the supervisor is started", async () => {
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`));
  for (const task of ["compile", "bench"]) {
    assert.ok(tasks[task].command.split(" ").includes(V8_FLAGS), task);
  }
});

Deno.test("a database in the current folder may have all of its files there", () => {
  const write = flags({ QUEUE_URL: "sqlite:queue.db" }).find((flag) => flag.startsWith("--allow-write="));
  for (const suffix of ["-wal", "-shm", ".lock", ".reserve", ".rescued"]) {
    assert.ok(write?.split(",").includes(`/app/queue.db${suffix}`), suffix);
  }
});

Deno.test("a supervisor can do its work with these permissions, and nothing else", async () => {
  await using folder = await tempFolder();
  const script = `${ROOT}tests/workers/permitted.ts`;
  await Deno.writeTextFile(folder.file(".env"), "CONSUMERS=3\nMANAGER_PORT=0\nOPS_PORT=0\n");
  const sources = { env: {}, dotenv: await Deno.readTextFile(folder.file(".env")), startDir: folder.path };
  const settings = readSettings(sources);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", ...permissionFlags(settings, MAIN), script],
      JSON.stringify(sources),
    ],
    cwd: folder.path,
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), { consumers: 3, tooMuch: [] });
  const log = await Deno.readTextFile(folder.file("logs/jobqueue.log"));
  assert.match(log, /\[INFO\] Enqueued job_id: data\/files\/abc\.txt\n$/);
});
