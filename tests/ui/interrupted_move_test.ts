/** `jobs move` that is interrupted: what it says, that no supervisor takes the part for the whole, and how it goes on. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  copyQueue,
  EXIT,
  getQueue,
  openAtRest,
  openStore,
  StorageError,
  type Store,
} from "@persistent-queue/queue";
import { jobsCommand } from "../../ui/cli/jobs_command.ts";
import { addAll, hold, newJob } from "../conformance/stage.ts";
import { BACKEND } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { runSystem } from "../support/processes/running_system.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { tempFolder } from "../support/temp_folder.ts";

const MAIN = fileURLToPath(new URL("../../main.ts", import.meta.url));
const TOTAL = 20_000;
const NOT_COMPLETE = /^The queue is a copy that is not complete: /;
const WAITS = /The start waits for that\.$/;

interface Target extends AsyncDisposable {
  readonly url: string;
}

interface Backend {
  readonly name: string;
  readonly missing: string | null;
  readonly target: (folder: string) => Promise<Target>;
}

async function onServer(start: typeof postgresServer | typeof redisServer): Promise<Target> {
  const server = await (start === postgresServer ? postgresServer({ isDurable: false }) : redisServer());
  return { url: server.url("target"), [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const SERVERS: readonly Backend[] = [
  { name: "PostgreSQL", missing: whyNoPostgres(), target: () => onServer(postgresServer) },
  { name: "Redis", missing: whyNoRedis(), target: () => onServer(redisServer) },
];

const SQLITE: Backend = {
  ...{ name: "SQLite", missing: null },
  target: (folder) =>
    Promise.resolve({
      url: `sqlite:${folder}/target.db`,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }),
};

async function withStore<T>(url: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(url, "guest");
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function pendingIn(store: Store): Promise<number> {
  return (await store.stats({ silentForMs: 0 })).counts.PENDING;
}

/** No handler takes them. */
function fill(url: string, count: number): Promise<void> {
  const jobs = Array.from({ length: count }, (_, i) => newJob(`job ${i}`, { kind: "of none" }));
  return withStore(url, (store) => addAll(store, jobs));
}

function isNotComplete(error: unknown): boolean {
  assert.ok(error instanceof StorageError, String(error));
  assert.match(error.message, NOT_COMPLETE);
  assert.equal(error.passing, true);
  return true;
}

/** Started in its own process, and what it says. */
function spawnMove(folder: string, from: string, to: string) {
  const args = ["run", "-A", "--no-check", "--no-prompt", MAIN, "jobs", "move", "--from", from, "--to", to];
  const child = new Deno.Command(Deno.execPath(), { args, cwd: folder, stdout: "piped", stderr: "piped" })
    .spawn();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  const ended = child.output().then(({ code, stdout, stderr }) => ({
    ...{ code, out: text(stdout), err: text(stderr).trim() },
  }));
  return { child, ended };
}

for (const { name, missing, target } of [SQLITE, ...SERVERS]) {
  // The servers are tried beside the tests of SQLite, once.
  if (BACKEND !== "sqlite") continue;
  if (missing !== null) {
    console.log(`SKIPPED: ${missing}, so no move to ${name} is interrupted`);
    continue;
  }

  Deno.test(`a supervisor that starts on a half copied queue in ${name} says so, and waits until the copy is complete`, async () => {
    await using folder = await tempFolder();
    await using place = await target(folder.path);
    const [from, to] = [`sqlite:${folder.file("source.db")}`, place.url];
    await fill(from, TOTAL);

    const first = spawnMove(folder.path, from, to);
    const isBegun = () => withStore(to, async (store) => await pendingIn(store) > 0).catch(() => false);
    await eventually("the first jobs are there", isBegun, { withinMs: 20_000 });
    first.child.kill("SIGINT");
    const interrupted = await first.ended;
    assert.equal(interrupted.code, 130, interrupted.err);
    const half = await withStore(to, pendingIn);
    assert.ok(half > 0 && half < TOTAL, `${half} jobs are there`);
    const told = `Interrupted: ${
      half.toLocaleString("en")
    } of 20,000 jobs are copied. Run the same command again`;
    assert.ok(interrupted.err.split("\n").at(-1)?.startsWith(told), interrupted.err);

    await using system = await runSystem({
      ...{ folder: folder.path, env: { QUEUE_URL: to }, command: "supervise", until: WAITS },
    });
    assert.match(system.lines.find((line) => WAITS.test(line)) ?? "", NOT_COMPLETE);
    const page = await (await fetch(system.ops)).text();
    assert.match(page, /The queue is a copy that is not complete\./);
    const refused = await system.api("jobs", { id: "new", kind: "file" });
    assert.equal(refused.status, 503);
    await refused.body?.cancel();
    await assert.rejects(getQueue(to), isNotComplete);
    assert.equal(await withStore(to, pendingIn), half);

    const { code, out, err } = await spawnMove(folder.path, from, to).ended;
    assert.equal(code, 0, err);
    assert.match(out, /^Copied 20,000 jobs \([\d,]+ of them were there already\)/);
    await eventually("it greets", () => system.lines.some((line) => /supervisor process/.test(line)), {
      withinMs: 20_000,
    });
    assert.equal(await withStore(to, pendingIn), TOTAL);
  });
}

for (const { name, missing, target } of SERVERS) {
  if (BACKEND !== "sqlite" || missing !== null) continue;

  Deno.test(`of a move to ${name} and a supervisor that start at the same moment one sees the other`, async () => {
    await using folder = await tempFolder();
    await using place = await target(folder.path);
    const from = `sqlite:${folder.file("source.db")}`;
    await fill(from, 300);
    await using source = await openAtRest(from, { name: "source", setting: "--from" });
    await using found = await openAtRest(place.url, { name: "target", setting: "--to" });
    const stores = { source: source.store, target: found.store };

    const supervisor = await getQueue(place.url, { role: "owner", joins: true });
    const { assertAtRest } = found;
    await assert.rejects(copyQueue(stores, { assertAtRest }), /A supervisor works on the target/);
    assert.equal(await found.store.copyMark.isSet(), false);
    assert.equal(await pendingIn(found.store), 0);
    await supervisor.close();

    let starts = 0;
    const assertNoneStarts = async () => {
      starts++;
      await assert.rejects(getQueue(place.url, { role: "owner", joins: true }), isNotComplete);
      await assertAtRest();
    };
    assert.equal((await copyQueue(stores, { assertAtRest: assertNoneStarts })).jobs, 300);
    assert.equal(starts, 1);
    await (await getQueue(place.url, { role: "owner", joins: true })).close();
  });

  Deno.test(`a supervisor on ${name} that joins while a copy goes on recovers none of its jobs before it is complete`, async () => {
    await using folder = await tempFolder();
    await using place = await target(folder.path);
    const queue = await getQueue(place.url);
    await withStore(place.url, async (store) => {
      await store.copyMark.set();
      await hold(store, "copied");
      await assert.rejects(queue.recover(), isNotComplete);
      assert.deepEqual(await store.processes({ silentForMs: 30_000 }), []);
      assert.equal((await store.get("copied"))?.job.status, "PROCESSING");
      await store.copyMark.remove();
    });
    assert.deepEqual((await queue.recover()).map(({ id }) => id), ["copied"]);
    await queue.close();
  });
}

Deno.test("a start while a copy into a SQLite database goes on waits, as it does on a server", async () => {
  if (BACKEND !== "sqlite") return;
  await using folder = await tempFolder();
  const [from, to] = [`sqlite:${folder.file("a.db")}`, `sqlite:${folder.file("b.db")}`];
  await fill(from, 300);
  await using source = await openAtRest(from, { name: "source", setting: "--from" });
  await using target = await openAtRest(to, { name: "target", setting: "--to" });
  const assertAtRest = () => assert.rejects(getQueue(to, { role: "owner" }), isNotComplete);
  await copyQueue({ source: source.store, target: target.store }, { assertAtRest });
  await assert.rejects(getQueue(to, { role: "owner" }), /in use by another supervisor/);
});

Deno.test("a move says in each of its steps how far it came, as JSON where that is asked for", async () => {
  await using folder = await tempFolder();
  const [from, to] = [`sqlite:${folder.file("a.db")}`, `sqlite:${folder.file("b.db")}`];
  await fill(from, 500);
  /** Interrupted when this was said. */
  const move = async (at: RegExp, ...args: string[]) => {
    const err: string[] = [];
    let [time, interrupt] = [0, () => {}];
    const code = await jobsCommand(["move", "--from", from, "--to", to, ...args], {
      completeUrl: (url) => ({ url, problems: [] }),
      problemOfCopy: () => null,
      ...{ queueUrl: to, confirm: null, elapsed: () => time += 1_000, readInput: () => Promise.resolve("") },
      openQueue: () => Promise.reject(new Error("move opens both queues itself")),
      onInterrupt: (listener) => {
        interrupt = listener;
        if (at.test("")) interrupt();
      },
      print: () => {},
      printError: (text) => {
        err.push(text);
        if (at.test(text)) interrupt();
      },
      actor: { by: "a test", audit: () => {} },
    });
    assert.equal(code, EXIT.interrupted);
    return err.at(-1) ?? "";
  };
  assert.match(await move(/^200 of 500 jobs copied/), /^Interrupted: 400 of 500 jobs are copied\. /);
  assert.match(
    await move(/^200 of 500 jobs compared …/),
    /^Interrupted: nothing was copied this time\. /,
  );
  assert.match(await move(/compared again/), /^Interrupted: all 500 jobs are copied, but not compared\. /);
  const { error } = JSON.parse(await move(/^/, "--json"));
  assert.deepEqual([error.code, /^Interrupted: nothing was/.test(error.message)], ["interrupted", true]);
});
