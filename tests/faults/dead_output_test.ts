/** The output cannot be written: the terminal is gone, or the disk under it is full. */
import assert from "node:assert/strict";
import { getQueue } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/processes/free_port.ts";
import { type Redirected, spawnIntoFullDisk } from "./dead_output/into_full_disk.ts";
import { WAYS } from "../support/handlers/print.ts";
import { isHealthy } from "../support/processes/is_healthy.ts";
import { TextLineStream } from "../support/processes/text_lines.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { BACKEND, sqliteTest, urlFor } from "../support/backend.ts";

const MAIN = new URL("../../main.ts", import.meta.url).href;
const GUARDED_SYSTEM = new URL("../support/processes/guarded_system.ts", import.meta.url).href;

interface Started extends AsyncDisposable {
  readonly ops: string;
  readonly process: Deno.ChildProcess;
}

/** Null if this machine has no full disk to offer. */
async function start(
  command: "start" | "supervise",
  { dead, cwd }: Omit<Redirected, "env">,
): Promise<Started | null> {
  const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
  const QUEUE_URL = urlFor(`${cwd}/data/queue.db`);
  const env = {
    ...ports,
    QUEUE_URL,
    CONSUMERS: "1",
    PRODUCER_INTERVAL_MS: "0",
    SWEEP_MS: "200",
    NO_COLOR: "1",
  };
  const process = spawnIntoFullDisk(["run", "-A", "--no-prompt", MAIN, command], { dead, cwd, env });
  if (process === null) return null;
  const ops = `http://127.0.0.1:${ports.OPS_PORT}`;
  await eventually("it is healthy", () => isHealthy(ops), { withinMs: 20_000 });
  return {
    ops,
    process,
    [Symbol.asyncDispose]: async () => {
      kill(process.pid, "SIGTERM");
      await process.stdout.cancel();
      await process.status;
    },
  };
}

function kill(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // It has already ended.
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  const { stdout } = await new Deno.Command("pgrep", { args: ["-P", String(pid)] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "").map(Number);
}

Deno.test("the supervisor dies while nothing can be printed: the guard still starts it again", async () => {
  await using folder = await tempFolder();
  await using system = await start("start", { dead: "stderr", cwd: folder.path });
  if (system === null) return;
  const [first = 0] = await childrenOf(system.process.pid);
  Deno.kill(first, "SIGKILL");
  await eventually("another supervisor lives", async () => {
    const [next] = await childrenOf(system.process.pid);
    return next !== undefined && next !== first;
  });
  await eventually("it is healthy again", () => isHealthy(system.ops), { withinMs: 20_000 });
});

sqliteTest(
  "the database is deleted while nothing can be printed: exit code 74, and its content is rescued",
  async () => {
    await using folder = await tempFolder();
    await using system = await start("supervise", { dead: "both", cwd: folder.path });
    if (system === null) return;
    await Deno.remove(folder.file("data/queue.db"));
    assert.equal((await system.process.status).code, 74);
    assert.ok((await Deno.stat(folder.file("data/queue.db.rescued"))).isFile);
    assert.match(await Deno.readTextFile(folder.file("logs/jobqueue.log")), /was deleted/);
  },
);

Deno.test("a stop while nothing can be printed is a clean one", async () => {
  await using folder = await tempFolder();
  await using system = await start("supervise", { dead: "both", cwd: folder.path });
  if (system === null) return;
  system.process.kill("SIGTERM");
  assert.equal((await system.process.status).code, 0);
  if (BACKEND !== "sqlite") return;
  const left = [...Deno.readDirSync(folder.file("data"))].map(({ name }) => name);
  assert.ok(!left.includes("queue.db-wal"), `${left}`);
});

/** To a full disk, or into a pipe whose reader has gone. */
for (const [output, to] of [["a full disk", 2], ["a broken pipe", 1]] as const) {
  Deno.test(`a handler that prints to ${output} with console, process or Deno completes its job once`, async () => {
    await using folder = await tempFolder();
    const args = ["run", "-A", "--no-prompt", GUARDED_SYSTEM, folder.path];
    const process = spawnIntoFullDisk(args, { dead: "stderr", cwd: folder.path, env: {} });
    if (process === null) return;
    const lines = process.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(new TextLineStream());
    const reader = lines.getReader();
    assert.match((await reader.read()).value ?? "", /^ready/);
    if (to === 1) await reader.cancel();
    {
      await using queue = await guestOf(urlFor(folder.file("queue.db")));
      await queue.add(Object.keys(WAYS).map((way) => ({ id: way, kind: "print", payload: { way, to } })));
      for (const way of Object.keys(WAYS)) {
        const { job, history } = await eventually(`the job of ${way} has ended`, async () => {
          const found = await queue.get(way);
          return found.job.finishedAt === null ? null : found;
        });
        const { status, retries, crashes, result } = job;
        assert.deepEqual([status, retries, crashes, result], ["COMPLETED", 0, 0, '"done"'], way);
        assert.deepEqual(history, [], way);
      }
    }
    process.kill("SIGTERM");
    while (to === 2 && !(await reader.read()).done);
    assert.equal((await process.status).code, 0);
  });
}

async function guestOf(url: string) {
  const queue = await getQueue(url, { role: "guest", kinds: ["print"] });
  return Object.assign(queue, { [Symbol.asyncDispose]: () => queue.close() });
}

Deno.test("jobs add whose output was lost ended with 1, refused, although the jobs were stored: what is done is 0", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("data"));
  const url = urlFor(folder.file("data/queue.db"));
  await (await guestOf(url)).close();
  const env = { NO_COLOR: "1", QUEUE_URL: url };
  for (const [words, status] of DOING) {
    const args = ["run", "-A", "--no-prompt", MAIN, "jobs", ...words];
    const lost = spawnIntoFullDisk(args, { dead: "stdout", cwd: folder.path, env });
    if (lost === null) return;
    await lost.stdout.cancel();
    assert.equal((await lost.status).code, 0, words.join(" "));
    await using queue = await guestOf(url);
    assert.equal((await queue.get("data/files/a.txt")).job.status, status, words.join(" "));
  }
});

const DOING = [
  [["add", "data/files/a.txt"], "PENDING"],
  [["cancel", "data/files/a.txt"], "CANCELED"],
  [["resubmit", "--all", "--yes", "--json"], "PENDING"],
] as const;

Deno.test("a command whose output is lost says so by its exit code; one whose reader has gone does not", async () => {
  await using folder = await tempFolder();
  await Deno.mkdir(folder.file("data"));
  await (await guestOf(urlFor(folder.file("data/queue.db")))).close();
  const list = ["run", "-A", "--no-prompt", MAIN, "jobs", "list"];
  const env = { NO_COLOR: "1", QUEUE_URL: urlFor(folder.file("data/queue.db")) };
  const lost = spawnIntoFullDisk(list, { dead: "stdout", cwd: folder.path, env });
  if (lost === null) return;
  await lost.stdout.cancel();
  assert.equal((await lost.status).code, 1);
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", '{ "$0" "$@"; echo "code $?" >&2; } 2>code | true; cat code', Deno.execPath(), ...list],
    ...{ cwd: folder.path, env },
  }).output();
  assert.match(new TextDecoder().decode(stdout), /code 0/);
});
