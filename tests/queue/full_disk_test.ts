/** A full disk, simulated with SQLite's own limit on pages; the fault plan does the same on a real one. */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openStore, StorageError } from "@persistent-queue/queue";
import { StorageHealth } from "../../queue/health.ts";
import { BallastFile } from "../../queue/sqlite/ballast_file.ts";
import { toStorageError } from "../../queue/sqlite/faults.ts";
import { GroupCommit } from "../../queue/sqlite/group_commit.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { sqliteTest } from "../support/backend.ts";

/** A database with room for only a few small rows, and a reserve of a hundred pages. */
async function narrowDatabase() {
  const folder = await tempFolder();
  const db = new DatabaseSync(folder.file("narrow.db"));
  db.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (a TEXT)");
  const pages = Number(db.prepare("PRAGMA page_count").get()?.page_count);
  const limit = (count: number) => db.exec(`PRAGMA max_page_count = ${count}`);
  limit(pages + 3);
  let reserve = 100;
  const told: string[] = [];
  const makeRoom = () => {
    const pagesMade = reserve;
    reserve = 0;
    limit(pages + 3 + pagesMade);
    return pagesMade > 0;
  };
  const turn = new GroupCommit(db, { onFull: (why) => void told.push(why), makeRoom, onFault: () => {} });
  const insert = db.prepare("INSERT INTO t VALUES (?)");
  const put = (bytes: number) => () => insert.run("x".repeat(bytes));
  const rows = () => Number(db.prepare("SELECT count(*) AS n FROM t").get()?.n);
  const dispose = async () => {
    turn.close();
    db.close();
    await folder[Symbol.asyncDispose]();
  };
  return { turn, put, rows, told, reserveLeft: () => reserve, [Symbol.asyncDispose]: dispose };
}

sqliteTest("on a full disk work in flight is still stored, and new jobs are refused", async () => {
  await using on = await narrowDatabase();
  const outcomes = await Promise.allSettled([
    on.turn.write(on.put(100_000), { isRefusedWhenFull: true }),
    on.turn.write(on.put(10)),
    on.turn.write(on.put(100_000)),
    on.turn.write(on.put(10)),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status), ["rejected", "fulfilled", "fulfilled", "fulfilled"]);
  assert.match(String((outcomes[0] as PromiseRejectedResult).reason), /The disk is full: make room/);
  assert.equal(on.rows(), 3);
  assert.equal(on.reserveLeft(), 0);
  assert.equal(on.told.length, 2);
});

sqliteTest("a single write on a full disk gets the reserve too", async () => {
  await using on = await narrowDatabase();
  await on.turn.write(on.put(100_000));
  assert.equal(on.rows(), 1);
});

sqliteTest("new jobs do not use up the reserve", async () => {
  await using on = await narrowDatabase();
  await assert.rejects(on.turn.write(on.put(100_000), { isRefusedWhenFull: true }), StorageError);
  assert.equal(on.reserveLeft(), 100);
});

sqliteTest("when the reserve is used up too, the write is refused and leaves nothing behind", async () => {
  await using on = await narrowDatabase();
  await assert.rejects(on.turn.write(on.put(10_000_000)), /disk is full/);
  assert.equal(on.rows(), 0);
  await on.turn.write(on.put(10));
});

sqliteTest("a database has a reserve beside it, which is written again when it is missing", async () => {
  await using folder = await tempFolder();
  const path = folder.file("queue.db");
  for (const _ of ["first", "again"]) {
    const store = await openStore(`sqlite:${path}`, "owner");
    await store.close();
    assert.equal(Deno.statSync(`${path}.reserve`).size, 8 * 2 ** 20);
    Deno.removeSync(`${path}.reserve`);
  }
});

sqliteTest(
  "a spent reserve refuses new jobs until it can be written again, and leaves no draft behind",
  async () => {
    await using folder = await tempFolder();
    const path = folder.file("queue.db");
    const reserve = new BallastFile(path);
    reserve.assertRoom();
    // A folder is in its place, so the reserve cannot be written, as on a full disk.
    assert.ok(reserve.spend("The disk is full: a test."));
    assert.ok(!reserve.spend("The disk is full: a test."));
    Deno.mkdirSync(`${path}.reserve/in the way`, { recursive: true });
    assert.throws(() => reserve.assertRoom(), {
      ...{ name: "StorageError", message: "The disk is full: a test." },
      publicMessage: "The disk is full: make room and the queue goes on by itself.",
    });
    assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["queue.db.reserve"]);
    Deno.removeSync(`${path}.reserve`, { recursive: true });
    await new Promise((resolve) => setTimeout(resolve, 1_010));
    reserve.assertRoom();
    assert.equal(Deno.statSync(`${path}.reserve`).size, 8 * 2 ** 20);
  },
);

Deno.test("a write that fits does not clear the full disk before the next probe", async () => {
  const health = new StorageHealth(() => {});
  await health.observe(Promise.resolve(1), "probe");
  await health.observe(Promise.reject(new StorageError("The disk is full.", { passing: true }))).catch(
    () => {},
  );
  await health.observe(Promise.resolve("it fitted"));
  assert.equal(health.trouble?.message, "The disk is full.");
  await health.observe(Promise.resolve(2), "probe");
  assert.equal(health.trouble, null);
});

Deno.test("without a watch, a write that succeeds shows that the storage works again", async () => {
  const health = new StorageHealth(() => {});
  await health.observe(Promise.reject(new StorageError("It is locked.", { passing: true }))).catch(() => {});
  await health.observe(Promise.resolve("written"));
  assert.equal(health.trouble, null);
});

Deno.test("a write that fits by chance does not clear the full disk", async () => {
  const told: (string | null)[] = [];
  const health = new StorageHealth((trouble) => told.push(trouble?.message ?? null));
  const full = new StorageError("The disk is full.", { passing: true });
  const fails = () => Promise.reject(full);
  await health.observe(fails(), "probe").catch(() => {});
  await health.observe(fails()).catch(() => {});
  await health.observe(Promise.resolve("it fitted"));
  assert.equal(health.trouble?.message, "The disk is full.");
  await health.observe(Promise.resolve(1), "probe");
  assert.equal(health.trouble, null);
  assert.deepEqual(told, ["The disk is full.", null]);
});

sqliteTest("the public reason of a storage error says what is wrong, and names no file", () => {
  const path = "/srv/queue/data/queue.db";
  const full = Object.assign(new Error(`database or disk is full: ${path}`), { errcode: 13 });
  const unknown = new Error(`nothing known about ${path}`);
  const [ofFull, ofUnknown] = [toStorageError(full), toStorageError(unknown)];
  for (const { message } of [ofFull, ofUnknown]) assert.ok(message.includes(path), message);
  assert.equal(ofFull.publicMessage, "The disk is full: make room and the queue goes on by itself.");
  assert.equal(ofUnknown.publicMessage, "The storage does not work: the pages and the log say why.");
});
