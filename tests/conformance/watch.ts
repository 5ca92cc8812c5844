import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { add, bring, jobOf } from "./stage.ts";
import type { Case } from "./suite.ts";

/** Much longer than it takes to notice a change. */
const NOTHING_COMES_MS = 500;

export function watchCases(test: Case): void {
  test("watch notices what another process has committed, and it can be read by then", async ({ store, second }) => {
    const other = await second();
    const seen: string[] = [];
    using _watch = store.watch(async () => {
      const found = await store.get("a");
      seen.push(found?.job.status ?? "not there");
    });
    await add(other, "a");
    await eventually("the new job is noticed", () => seen.includes("PENDING"));
    assert.ok(!seen.includes("not there"), "it was called before the commit could be read");
    await other.move("cancel", ["a"]);
    await eventually("the move is noticed", () => seen.includes("CANCELED"));
  });

  test("watch notices neither writes of its own store nor reads of another process", async ({ store, second }) => {
    const other = await second();
    let changes = 0;
    using _watch = store.watch(() => changes += 1);
    await bring(store, "a", "COMPLETED");
    await other.get("a");
    await other.list({ limit: 5 });
    await passed();
    assert.equal(changes, 0);
  });

  test("each watch notices a change, until it is disposed", async ({ store, second }) => {
    const other = await second();
    const changes = [0, 0];
    const [first, latter] = [0, 1].map((n) => store.watch(() => changes[n] = (changes[n] ?? 0) + 1));
    await add(other, "a");
    await eventually("both notice it", () => changes.every((n) => n > 0));
    first?.[Symbol.dispose]();
    const before = changes[0];
    await add(other, "b");
    await eventually("the other one notices it", () => (changes[1] ?? 0) > 1);
    await passed();
    assert.equal(changes[0], before);
    latter?.[Symbol.dispose]();
  });

  test("a watch does not see what was there before it", async ({ store, second }) => {
    const other = await second();
    await add(other, "a");
    assert.equal((await jobOf(store, "a")).status, "PENDING");
    // The server's notification of it may still be on its way.
    await passed();
    let changes = 0;
    using _watch = store.watch(() => changes += 1);
    await passed();
    assert.equal(changes, 0);
  });

  test("a probe of a working storage throws nothing", async ({ store }) => {
    await store.probe();
    await add(store, "a");
    using _watch = store.watch(() => {});
    await store.probe();
  });
}

function passed(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, NOTHING_COMES_MS));
}
