import assert from "node:assert/strict";
import { QueueError } from "../../queue/errors.ts";
import { type Status, STATUSES } from "../../queue/job.ts";
import type { JobQuery, Store } from "../../queue/store.ts";
import { add, addAll, at, bring, newJob, NOW } from "./stage.ts";
import type { Case } from "./suite.ts";

const SEVERAL: readonly Status[] = ["PENDING", "FAILED", "CANCELED"];

export function listCases(test: Case): void {
  pageCases(test);
  filterCases(test);
}

function pageCases(test: Case): void {
  test("list is newest first, page by page, each job once", async ({ store }) => {
    const ids = Array.from({ length: 25 }, (_, i) => `j${i}`);
    await store.insert(ids.map((id) => newJob(id)));
    assert.deepEqual(await walk(store, { limit: 10 }), ids.toReversed());
    const { jobs, next } = await store.list({ limit: 10 });
    assert.equal(jobs.length, 10);
    assert.ok(next !== null);
  });

  test("list refuses a cursor that is not from a page of this store", async ({ store }) => {
    await bring(store, "a", "PENDING");
    for (const cursor of ["x", "-1", "1.5", "1e3", "9".repeat(30), "0x10", " 1", "", "\0"]) {
      for (const query of [{ limit: 5 }, { limit: 5, line: true } as const]) {
        await assert.rejects(
          store.list({ ...query, cursor }),
          (error) => error instanceof QueueError && error.code === "invalid_query",
          JSON.stringify(cursor),
        );
      }
    }
  });

  test("list of several statuses is newest first, page by page, and shows no other status", async ({ store }) => {
    const wanted: string[] = [];
    for (let round = 0; round < 4; round++) {
      for (const status of STATUSES) {
        const { id } = await bring(store, `${status} ${round}`, status);
        if (SEVERAL.includes(status)) wanted.unshift(id);
      }
    }
    for (const limit of [1, 3, 50]) {
      assert.deepEqual(await walk(store, { statuses: SEVERAL, limit }), wanted, `pages of ${limit}`);
    }
    const search = " 2";
    const found = wanted.filter((id) => id.endsWith(search));
    assert.deepEqual(await walk(store, { statuses: SEVERAL, search, limit: 2 }), found);
    assert.deepEqual(await store.list({ statuses: [], limit: 5 }), { jobs: [], next: null });
    assert.deepEqual(await walk(store, { statuses: ["FAILED", "FAILED"], limit: 2 }), [
      "FAILED 3",
      "FAILED 2",
      "FAILED 1",
      "FAILED 0",
    ]);
  });

  test("list of nothing is one empty page", async ({ store }) => {
    assert.deepEqual(await store.list({ limit: 5 }), { jobs: [], next: null });
    for (const status of STATUSES) {
      assert.deepEqual(await store.list({ statuses: [status], limit: 5 }), { jobs: [], next: null });
    }
  });

  test("list shows each job once while others are added, moved and removed", async ({ store }) => {
    const ids = Array.from({ length: 40 }, (_, i) => `old${i}`);
    await store.insert(ids.map((id) => newJob(id)));
    const seen: string[] = [];
    let cursor: string | null | undefined;
    for (let page = 0; cursor !== null; page++) {
      const { jobs, next } = await store.list({ limit: 7, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...jobs.map((job) => job.id));
      cursor = next;
      await add(store, `new${page}`);
      await at(0, store).move("cancel", [`old${page}`]);
    }
    assert.deepEqual(seen, ids.toReversed());
  });

  test("list returns whole jobs, as get does", async ({ store }) => {
    for (const status of STATUSES) await bring(store, status, status);
    const { jobs } = await store.list({ limit: 50 });
    assert.equal(jobs.length, STATUSES.length);
    for (const job of jobs) assert.deepEqual(job, (await store.get(job.id))?.job);
  });
}

function filterCases(test: Case): void {
  for (const status of STATUSES) {
    test(`list of ${status} jobs shows them, newest first, and no others`, async ({ store }) => {
      for (const other of STATUSES) await bring(store, `${other} 1`, other);
      for (const other of STATUSES) await bring(store, `${other} 2`, other);
      assert.deepEqual(await walk(store, { statuses: [status], limit: 1 }), [`${status} 2`, `${status} 1`]);
      assert.deepEqual(await walk(store, { statuses: [status], limit: 50 }), [`${status} 2`, `${status} 1`]);
    });
  }

  test("list of a kind shows that kind only", async ({ store }) => {
    await store.insert([newJob("a"), newJob("b", { kind: "mail" }), newJob("c", { kind: "mail2" })]);
    assert.deepEqual(await walk(store, { kind: "mail", limit: 5 }), ["b"]);
  });

  test("list matches a part of the id literally: %, _, \\ and quotes have no special meaning", async ({ store }) => {
    const ids = ["100%", "100x", "a_b", "axb", "c\\d", "c/d", "it's", '"q"', "Ä", "ä", "*", "[a]"];
    await store.insert(ids.map((id) => newJob(id)));
    for (const part of ["%", "_", "\\", "'", '"', "Ä", "*", "[", "100", "b"]) {
      const expected = ids.filter((id) => id.includes(part)).toReversed();
      assert.deepEqual(await walk(store, { search: part, limit: 50 }), expected, part);
    }
    assert.deepEqual(await walk(store, { search: "nobody", limit: 50 }), []);
  });

  test("list combines its filters", async ({ store }) => {
    for (const status of STATUSES) {
      for (const name of ["a", "b"]) await bring(store, `${name} ${status}`, status);
    }
    await store.insert([newJob("a other", { kind: "mail" })]);
    for (const status of STATUSES) {
      assert.deepEqual(await walk(store, { statuses: [status], kind: "file", search: "a ", limit: 1 }), [
        `a ${status}`,
      ]);
    }
    assert.deepEqual(await walk(store, { statuses: ["PENDING"], kind: "mail", search: "a ", limit: 9 }), [
      "a other",
    ]);
  });

  test("list of due jobs and of delayed jobs, with any other filter", async ({ store }) => {
    await store.insert([
      newJob("due", { runAt: NOW }),
      newJob("later", { runAt: NOW + 1 }),
      newJob("later mail", { runAt: NOW + 9, kind: "mail" }),
    ]);
    const due = (when: "now" | "later") => ({ status: "PENDING", due: when }) as const;
    assert.deepEqual(await walk(store, { ...due("now"), limit: 1 }), ["due"]);
    assert.deepEqual(await walk(store, { ...due("later"), limit: 1 }), ["later mail", "later"]);
    assert.deepEqual(await walk(store, { ...due("later"), kind: "mail", limit: 5 }), ["later mail"]);
    assert.deepEqual(await walk(store, { ...due("later"), search: "due", limit: 5 }), []);
  });

  test("list of jobs that have changed since a time, in any status", async ({ store }) => {
    for (const [i, status] of STATUSES.entries()) {
      for (const name of ["old", "new"]) await bring(store, `${name} ${i}`, status);
    }
    await at(NOW + 5_000, store).insert([newJob("newest")]);
    await at(NOW + 9_000, store).move("cancel", ["old 0"]);
    assert.deepEqual(await walk(store, { changedSince: NOW + 5_000, limit: 1 }), ["newest", "old 0"]);
    assert.deepEqual(await walk(store, { changedSince: NOW + 5_001, limit: 5 }), ["old 0"]);
    assert.deepEqual(await walk(store, { changedSince: NOW + 9_000, statuses: ["CANCELED"], limit: 5 }), [
      "old 0",
    ]);
    assert.deepEqual(await walk(store, { changedSince: NOW + 9_001, limit: 5 }), []);
  });

  test("list of the line has due jobs in the order of claims, then delayed jobs by time", async ({ store }) => {
    const now = NOW;
    await store.insert([
      newJob("planned late", { runAt: now + 9_000, priority: 50 }),
      newJob("second", { runAt: now - 20 }),
      newJob("first of the urgent", { runAt: now - 10, priority: 5 }),
      newJob("planned soon", { runAt: now + 1_000 }),
      newJob("third", { runAt: now - 10 }),
      newJob("never first", { runAt: now - 900, priority: -5 }),
    ]);
    const expected = [
      "first of the urgent",
      "second",
      "third",
      "never first",
      "planned soon",
      "planned late",
    ];
    const lineOf = (limit: number, only: Pick<JobQuery, "due"> = {}) =>
      walk(at(now, store), { line: true, limit, ...only });
    for (const limit of [1, 2, 50]) {
      assert.deepEqual(await lineOf(limit), expected, `pages of ${limit}`);
      assert.deepEqual(await lineOf(limit, { due: "now" }), expected.slice(0, 4));
      assert.deepEqual(await lineOf(limit, { due: "later" }), expected.slice(4));
    }
    const { claimed } = await at(now, store).claim([{ consumerId: "c", limit: 4, suspect: false }]);
    assert.deepEqual(claimed.map(({ id }) => id), expected.slice(0, 4));
  });

  test("list of a line of thousands returns its beginning, page by page", async ({ store }) => {
    await addAll(
      store,
      Array.from({ length: 6_000 }, (_, i) => newJob(`j${i}`, { runAt: i, priority: i % 7 })),
    );
    const ids = await walk(at(9_000, store), { line: true, limit: 50 });
    assert.equal(ids.length, 1_000);
    const priorities = ids.map((id) => Number(id.slice(1)) % 7);
    assert.deepEqual(priorities, priorities.toSorted((a, b) => b - a));
    assert.equal(priorities.at(-1), 5, "857 are of priority 6");
  });

  test("list finds one old job among twelve thousand, even if it takes several pages", async ({ store }) => {
    await add(store, "needle", { kind: "mail" });
    await addAll(store, Array.from({ length: 12_000 }, (_, i) => newJob(`hay${i}`)));
    for (
      const query of [
        { search: "needle" },
        { kind: "mail" },
        { search: "needle", statuses: ["PENDING"] } as const,
      ]
    ) {
      assert.deepEqual(await walk(store, { ...query, limit: 50 }), ["needle"]);
    }
  });
}

/** Returns the ids of all pages. Fails if the pages do not end. */
async function walk(store: Store, query: JobQuery): Promise<string[]> {
  const ids: string[] = [];
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let pages = 0; pages < 100; pages++) {
    const { jobs, next } = await store.list({ ...query, ...(cursor === undefined ? {} : { cursor }) });
    assert.ok(jobs.length <= query.limit);
    ids.push(...jobs.map((job) => job.id));
    if (next === null) return ids;
    assert.ok(!cursors.has(next), "no page comes twice");
    cursors.add(next);
    cursor = next;
  }
  throw new Error("The pages of the list do not come to an end");
}
