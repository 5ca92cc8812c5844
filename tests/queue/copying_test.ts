/** What a copy of a whole queue keeps, what it refuses, and how it continues after an interruption. */
import assert from "node:assert/strict";
import { copyQueue, openAtRest, openStore, QueueError, type Store } from "@persistent-queue/queue";
import { canonicalText, type StoredJob } from "../../queue/stored_job.ts";
import { storedJob } from "../conformance/dump.ts";
import { add, addAll, addSuspect, bring, newJob, PROCESS } from "../conformance/stage.ts";
import { sqliteShell } from "../support/queue/sqlite_shell.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { STATUSES } from "../../queue/job.ts";
import { sqliteTest, urlFor } from "../support/backend.ts";

interface Stage extends AsyncDisposable {
  readonly source: Store;
  readonly target: Store;
  readonly targetPath: string;
}

async function stage(): Promise<Stage> {
  const folder = await tempFolder();
  const source = await openStore(urlFor(folder.file("source.db")), "guest");
  const target = await openStore(urlFor(folder.file("target.db")), "guest");
  return {
    ...{ source, target, targetPath: folder.file("target.db") },
    [Symbol.asyncDispose]: async () => {
      await source.close();
      await target.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function textsOf(store: Store): Promise<string[]> {
  const texts: string[] = [];
  for (let after: number | null = null;;) {
    const { jobs, next }: { jobs: StoredJob[]; next: number | null } = await store.dump({
      after,
      limit: 500,
    });
    texts.push(...jobs.map(canonicalText));
    if (next === null) return texts;
    after = next;
  }
}

function manyJobs(count: number) {
  return Array.from({ length: count }, (_, i) => newJob(`job ${i}`));
}

/** The store, but the call of `verb` with this number fails before it does anything. */
function failingAt(store: Store, verb: "restore", number: number): Store {
  let calls = 0;
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== verb || typeof value !== "function") return value;
      return (...args: unknown[]) =>
        ++calls === number
          ? Promise.reject(new RangeError("The cable was pulled."))
          : value.apply(target, args);
    },
  });
}

async function assertRefused(copy: Promise<unknown>, ...patterns: RegExp[]): Promise<void> {
  await assert.rejects(copy, (error) => {
    assert.ok(error instanceof QueueError, String(error));
    assert.equal(error.code, "rejected");
    for (const pattern of patterns) assert.match(error.message, pattern);
    return true;
  });
}

Deno.test("a copy has every job and every line of history, and leaves the source as it was", async () => {
  await using stores = await stage();
  const { source, target } = stores;
  for (const status of STATUSES) await bring(source, status, status);
  await addSuspect(source, "suspect");
  const before = await textsOf(source);
  const copied = await copyQueue({ source, target });
  assert.deepEqual(await textsOf(target), before);
  assert.deepEqual(await textsOf(source), before);
  assert.deepEqual([copied.jobs, copied.lines, copied.present], [7, 5, 0]);
  assert.equal(copied.counts.PENDING, 2);
  assert.match(copied.digest, /^[0-9a-f]{64}$/);
});

Deno.test("an empty queue is copied too", async () => {
  await using stores = await stage();
  const { jobs, lines, present } = await copyQueue(stores);
  assert.deepEqual([jobs, lines, present], [0, 0, 0]);
});

Deno.test("an interrupted copy continues where it stopped, and another copy changes nothing", async () => {
  await using stores = await stage();
  const { source, target } = stores;
  await addAll(source, manyJobs(1_000));
  await assert.rejects(copyQueue({ source, target: failingAt(target, "restore", 3) }), RangeError);
  const half = await textsOf(target);
  assert.equal(half.length, 400);
  assert.equal(await target.copyMark.isSet(), true);
  const steps = new Set<string>();
  const copied = await copyQueue(stores, {
    onProgress: ({ step, total }) => steps.add(`${step} ${total}`),
  });
  assert.deepEqual([copied.jobs, copied.present], [1_000, 400]);
  assert.equal(await target.copyMark.isSet(), false);
  assert.deepEqual([...steps], ["looking 1000", "copying 1000", "comparing 1000"]);
  assert.deepEqual(await textsOf(target), await textsOf(source));
  const again = await copyQueue(stores);
  assert.deepEqual([again.jobs, again.present, again.digest], [1_000, 1_000, copied.digest]);
});

Deno.test("a target with a job that the source does not have is refused, and stays as it is", async () => {
  await using stores = await stage();
  const { source, target } = stores;
  await add(source, "a");
  await add(target, "mine");
  await assertRefused(copyQueue(stores), /"mine"/, /does not have/, /empty target/);
  assert.equal(await target.copyMark.isSet(), false, "a queue that is in use elsewhere stays usable");
  assert.equal((await textsOf(target)).length, 1);
});

Deno.test("a target that has worked since the copy is refused, with a new job and with a changed one", async () => {
  await using stores = await stage();
  const { source, target } = stores;
  for (const id of ["a", "b"]) await add(source, id);
  await copyQueue(stores);
  await add(target, "c");
  await assertRefused(copyQueue(stores), /"c"/, /does not have/);
  await target.move("cancel", ["b"]);
  await assertRefused(copyQueue(stores), /"b"/, /not as the source has it now/);
});

Deno.test("an incomplete copy cannot be the source of another one", async () => {
  await using stores = await stage();
  await add(stores.source, "a");
  await stores.source.copyMark.set();
  await assertRefused(copyQueue(stores), /itself a copy that is not complete/);
  assert.deepEqual(await textsOf(stores.target), []);
});

Deno.test("a copy that finds a supervisor on the target leaves no mark there, except that of an earlier copy", async () => {
  await using stores = await stage();
  const { source, target } = stores;
  await add(source, "a");
  const isSetMeanwhile: boolean[] = [];
  const assertAtRest = async () => {
    isSetMeanwhile.push(await target.copyMark.isSet());
    throw new QueueError("rejected", "One works.");
  };
  await assertRefused(copyQueue(stores, { assertAtRest }), /One works/);
  assert.equal(await target.copyMark.isSet(), false);
  assert.equal(await target.copyMark.set(), true);
  assert.equal(await target.copyMark.set(), false);
  await assertRefused(copyQueue(stores, { assertAtRest }), /One works/);
  assert.deepEqual([await target.copyMark.isSet(), ...isSetMeanwhile], [true, true, true]);
  assert.deepEqual(await textsOf(target), []);
});

Deno.test("a write to the source during the copy is noticed at the end", async () => {
  await using stores = await stage();
  const { source } = stores;
  await addAll(source, manyJobs(500));
  let isDone = false;
  const target = new Proxy(stores.target, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (name !== "restore" || typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        await value.apply(target, args);
        if (!isDone) await source.move("cancel", ["job 0"]);
        isDone = true;
      };
    },
  });
  await assertRefused(copyQueue({ source, target }), /"job 0"/, /changed while/);
  assert.equal(await target.copyMark.isSet(), true);
});

sqliteTest("a copy to a target whose counts are wrong is not a success", async () => {
  await using stores = await stage();
  await add(stores.source, "a");
  await sqliteShell(stores.targetPath, "UPDATE job_counts SET n = 5 WHERE status = 'FAILED'");
  await assertRefused(copyQueue(stores), /FAILED/, /jobs verify/);
});

sqliteTest("a job that the target refuses is named, and those before it are copied", async () => {
  await using stores = await stage();
  const { source, target } = stores;
  await source.restore([
    storedJob("good"),
    storedJob("bad"),
    storedJob("behind"),
  ]);
  await sqliteShell(
    stores.targetPath,
    "CREATE TRIGGER no_bad BEFORE INSERT ON jobs WHEN NEW.id = 'bad' BEGIN SELECT RAISE(ABORT, 'not that one'); END",
  );
  await assertRefused(copyQueue(stores), /"bad"/, /not that one/);
  assert.deepEqual(
    (await textsOf(target)).map((text) => JSON.parse(text)[0]),
    ["good"],
  );
  await sqliteShell(stores.targetPath, "DROP TRIGGER no_bad");
  assert.equal((await copyQueue(stores)).jobs, 3);
});

sqliteTest(
  "a SQLite queue on which a supervisor works is refused, and none can start while it is copied",
  async () => {
    await using folder = await tempFolder();
    const url = urlFor(folder.file("queue.db"));
    const options = { name: "source", setting: "--from" };
    const owner = await openStore(url, "owner");
    await assertRefused(openAtRest(url, options), /supervisor works on the source/, /stop it first/);
    // A killed supervisor has left its row.
    await owner.join(PROCESS);
    await owner.close();
    const atRest = await openAtRest(url, options);
    await assert.rejects(openStore(url, "owner"), /in use by another supervisor/);
    await atRest[Symbol.asyncDispose]();
    await (await openStore(url, "owner")).close();
  },
);

sqliteTest("a source that does not exist is not created, and the error names the option", async () => {
  await using folder = await tempFolder();
  const url = urlFor(folder.file("none.db"));
  await assert.rejects(
    openAtRest(url, { name: "source", setting: "--from", mustExist: true }),
    /There is no database .*check --from/,
  );
  assert.deepEqual([...Deno.readDirSync(folder.path)], []);
});
