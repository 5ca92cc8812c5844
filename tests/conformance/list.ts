import assert from "node:assert/strict";
import { STATUSES } from "../../queue/job.ts";
import type { JobPage, JobQuery, Store } from "../../queue/store.ts";
import { add, bring, newJob, NOW } from "./stage.ts";
import type { Case } from "./suite.ts";

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

  test("list of nothing is one empty page", async ({ store }) => {
    assert.deepEqual(await store.list({ limit: 5 }), { jobs: [], next: null });
    for (const status of STATUSES) {
      assert.deepEqual(await store.list({ status, limit: 5 }), { jobs: [], next: null });
    }
  });

  test("list shows each job once while others are added, moved and removed", async ({ store }) => {
    const ids = Array.from({ length: 40 }, (_, i) => `old${i}`);
    await store.insert(ids.map((id) => newJob(id)));
    const seen: string[] = [];
    let before: number | null | undefined;
    for (let page = 0; before !== null; page++) {
      const { jobs, next } = await store.list({ limit: 7, ...(before === undefined ? {} : { before }) });
      seen.push(...jobs.map((job) => job.id));
      before = next;
      await add(store, `new${page}`);
      await store.move("cancel", [`old${page}`], 0);
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
      assert.deepEqual(await walk(store, { status, limit: 1 }), [`${status} 2`, `${status} 1`]);
      assert.deepEqual(await walk(store, { status, limit: 50 }), [`${status} 2`, `${status} 1`]);
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
      assert.deepEqual(await walk(store, { status, kind: "file", search: "a ", limit: 1 }), [`a ${status}`]);
    }
    assert.deepEqual(await walk(store, { status: "PENDING", kind: "mail", search: "a ", limit: 9 }), [
      "a other",
    ]);
  });

  test("list of due jobs and of delayed jobs, with any other filter", async ({ store }) => {
    await store.insert([
      newJob("due", { runAt: NOW }),
      newJob("later", { runAt: NOW + 1 }),
      newJob("later mail", { runAt: NOW + 9, kind: "mail" }),
    ]);
    const due = (when: "now" | "later") => ({ status: "PENDING", due: { when, now: NOW } }) as const;
    assert.deepEqual(await walk(store, { ...due("now"), limit: 1 }), ["due"]);
    assert.deepEqual(await walk(store, { ...due("later"), limit: 1 }), ["later mail", "later"]);
    assert.deepEqual(await walk(store, { ...due("later"), kind: "mail", limit: 5 }), ["later mail"]);
    assert.deepEqual(await walk(store, { ...due("later"), search: "due", limit: 5 }), []);
  });

  test("list of jobs that have changed since a time, in any status", async ({ store }) => {
    for (const [i, status] of STATUSES.entries()) {
      for (const name of ["old", "new"]) await bring(store, `${name} ${i}`, status);
    }
    await store.insert([newJob("newest", { createdAt: NOW + 5_000 })]);
    await store.move("cancel", ["old 0"], NOW + 9_000);
    assert.deepEqual(await walk(store, { changedSince: NOW + 5_000, limit: 1 }), ["newest", "old 0"]);
    assert.deepEqual(await walk(store, { changedSince: NOW + 5_001, limit: 5 }), ["old 0"]);
    assert.deepEqual(await walk(store, { changedSince: NOW + 9_000, status: "CANCELED", limit: 5 }), [
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
    const lineOf = async (limit: number, only: Pick<JobQuery, "due"> = {}) => {
      const ids: string[] = [];
      for (let from: number | null = 0; from !== null;) {
        const page: JobPage = await store.list({ status: "PENDING", line: { from, now }, limit, ...only });
        ids.push(...page.jobs.map(({ id }) => id));
        from = page.next;
      }
      return ids;
    };
    for (const limit of [1, 2, 50]) {
      assert.deepEqual(await lineOf(limit), expected, `pages of ${limit}`);
      assert.deepEqual(await lineOf(limit, { due: { when: "now", now } }), expected.slice(0, 4));
      assert.deepEqual(await lineOf(limit, { due: { when: "later", now } }), expected.slice(4));
    }
    const { claimed } = await store.claim([{ consumerId: "c", limit: 4, suspect: false }], now);
    assert.deepEqual(claimed.map(({ id }) => id), expected.slice(0, 4));
  });

  test("list of a line of thousands returns its beginning, page by page", async ({ store }) => {
    await store.insert(
      Array.from({ length: 6_000 }, (_, i) => newJob(`j${i}`, { runAt: i, priority: i % 7 })),
    );
    const { jobs, next } = await store.list({
      status: "PENDING",
      line: { from: 950, now: 9_000 },
      limit: 50,
    });
    assert.equal(jobs.length, 50);
    assert.equal(next, null);
    assert.ok(jobs.every(({ priority }) => priority === 5), "857 are of priority 6");
  });

  test("list finds one old job among twelve thousand, even if it takes several pages", async ({ store }) => {
    await add(store, "needle", { kind: "mail" });
    await store.insert(Array.from({ length: 12_000 }, (_, i) => newJob(`hay${i}`)));
    for (
      const query of [
        { search: "needle" },
        { kind: "mail" },
        { search: "needle", status: "PENDING" } as const,
      ]
    ) {
      assert.deepEqual(await walk(store, { ...query, limit: 50 }), ["needle"]);
    }
  });
}

/** Returns the ids of all pages. Fails if the pages do not end. */
async function walk(store: Store, query: JobQuery): Promise<string[]> {
  const ids: string[] = [];
  let before: number | undefined;
  for (let pages = 0; pages < 100; pages++) {
    const { jobs, next } = await store.list({ ...query, ...(before === undefined ? {} : { before }) });
    assert.ok(jobs.length <= query.limit);
    ids.push(...jobs.map((job) => job.id));
    if (next === null) return ids;
    assert.ok(before === undefined || next < before, "pages go down");
    before = next;
  }
  throw new Error("The pages of the list do not come to an end");
}
