import assert from "node:assert/strict";
import { openPages } from "./open_pages.ts";

const END = {
  FAILED: { type: "gave-up", error: "no use" },
  COMPLETED: { type: "returned", result: null },
} as const;

/** Twenty jobs in turn FAILED, COMPLETED and PENDING. */
async function filled() {
  const pages = await openPages();
  const { queue } = pages;
  await queue.add(
    Array.from({ length: 20 }, (_, i) => ({ id: `m${String(i).padStart(2, "0")}`, kind: "mail" })),
  );
  for (let i = 0; i < 14; i++) {
    const { claimed: [job] } = await queue.claim([{ consumerId: "c1", limit: 1, suspect: false }]);
    assert.ok(job !== undefined);
    await queue.settle([{ job, outcome: i % 2 === 0 ? END.FAILED : END.COMPLETED }]);
  }
  return pages;
}

Deno.test("jobs of several statuses are listed together, page by page, each once", async () => {
  await using pages = await filled();
  const ids: string[] = [];
  for (let cursor: string | null = ""; cursor !== null;) {
    const response: Response = await pages.api(`/api/jobs?status=FAILED,PENDING&limit=3&cursor=${cursor}`);
    const page: { jobs: { id: string }[]; next: string | null } = await response.json();
    ids.push(...page.jobs.map(({ id }) => id));
    cursor = page.next;
  }
  const failed = [0, 2, 4, 6, 8, 10, 12];
  const wanted = [...failed, 14, 15, 16, 17, 18, 19].map((i) => `m${String(i).padStart(2, "0")}`);
  assert.deepEqual(ids, wanted.toReversed());
  const moved = await pages.api("/api/jobs/cancel", { filter: { status: "FAILED,PENDING" } });
  assert.deepEqual(await moved.json(), { canceled: 13 });
  assert.equal((await pages.queue.stats()).counts.COMPLETED, 7);
});

Deno.test("a parameter that does not exist, or is repeated, is refused instead of listing everything", async () => {
  await using pages = await openPages();
  for (
    const [words, hint] of [
      ["stats=FAILED", /"stats".*Did you mean "status"/],
      ["error=x", /There is no parameter "error"/],
      ["status=FAILED,DONE", /no status "DONE"/],
      ["status=FAILED&status=COMPLETED", /"status" is given twice.*commas: status=FAILED,CANCELED/],
      ["kind=a&q=x&kind=b", /"kind" is given twice: give it once\./],
    ] as const
  ) {
    const response = await pages.api(`/api/jobs?${words}`);
    const { error } = await response.json();
    assert.deepEqual([response.status, error.code], [400, "invalid_query"]);
    assert.match(error.message, hint);
  }
  assert.equal((await pages.api("/api/jobs.csv?sort=id")).status, 400);
});

Deno.test("scheduled jobs can be listed, exported and canceled apart from those that are due", async () => {
  await using pages = await openPages();
  const now = Date.now();
  await pages.queue.add([
    { id: "due", kind: "mail" },
    { id: "tomorrow", kind: "mail", runAt: now + 86_400_000 },
    { id: "soon", kind: "file", runAt: now + 60_000 },
  ]);
  const idsOf = async (words: string) => {
    const { jobs }: { jobs: { id: string }[] } = await (await pages.api(`/api/jobs?${words}`)).json();
    return jobs.map(({ id }) => id);
  };
  assert.deepEqual(await idsOf("due=now"), ["due"]);
  assert.deepEqual(await idsOf("due=later"), ["soon", "tomorrow"]);
  assert.deepEqual(await idsOf("due=later&kind=mail&status=PENDING"), ["tomorrow"]);
  assert.deepEqual(await idsOf("due=later&q=due"), []);
  assert.equal((await (await pages.api("/api/jobs.csv?due=later")).text()).split("\r\n").length, 4);
  const moved = await pages.api("/api/jobs/cancel", { filter: { due: "later" } });
  assert.deepEqual(await moved.json(), { canceled: 2 });
  assert.equal((await pages.queue.get("due")).job.status, "PENDING");
  for (const words of ["due=tomorrow", "due=now&status=FAILED", "due=now&status=PENDING,FAILED"]) {
    assert.equal((await pages.api(`/api/jobs?${words}`)).status, 400, words);
  }
});

Deno.test("jobs that changed lately can be listed and moved apart from older ones", async () => {
  await using pages = await openPages();
  await pages.queue.add([{ id: "old", kind: "mail" }, { id: "older", kind: "mail" }]);
  await new Promise((resolve) => setTimeout(resolve, 5));
  const since = new Date().toISOString();
  await pages.queue.add([{ id: "new", kind: "mail" }]);
  await pages.queue.move("cancel", ["older"], "test");
  const idsOf = async (words: string) => {
    const { jobs }: { jobs: { id: string }[] } = await (await pages.api(`/api/jobs?${words}`)).json();
    return jobs.map(({ id }) => id);
  };
  assert.deepEqual(await idsOf(`changed_since=${since}`), ["new", "older"]);
  assert.deepEqual(await idsOf(`changed_since=${since}&status=CANCELED`), ["older"]);
  assert.deepEqual(await idsOf("changed_since=15m"), ["new", "older", "old"]);
  assert.deepEqual(await idsOf(`changed_since=${since}&q=old`), ["older"]);
  const moved = await pages.api("/api/jobs/cancel", { filter: { changed_since: since } });
  assert.deepEqual(await moved.json(), { canceled: 1 });
  assert.equal((await pages.queue.get("old")).job.status, "PENDING");
  const refused = await pages.api("/api/jobs?changed_since=2026-11-28T10:00:00");
  assert.match((await refused.json()).error.message, /"changed_since" has no time zone/);
});
