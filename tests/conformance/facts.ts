/** Facts that processes share: what one writes, the others read until it expires, and nothing grows without bound. */
import assert from "node:assert/strict";
import type { Fact, Facts } from "../../queue/facts.ts";
import type { Store } from "../../queue/store.ts";
import { add, at, clock, NOW } from "./stage.ts";
import type { Case } from "./suite.ts";

const FACT: Fact = { realm: "realm", key: "key", text: "text", livesMs: 1_000 };

function factsOf({ capabilities: { facts } }: Store): Facts {
  assert.ok(!("reason" in facts));
  return facts;
}

/** What the realm holds at that time. */
async function listedAt(time: number, store: Store, realm = FACT.realm): Promise<string[]> {
  clock.now = time;
  try {
    return (await factsOf(store).list(realm)).map(({ key, text }) => `${key}=${text}`).sort();
  } finally {
    clock.now = NOW;
  }
}

export function factsCases(test: Case): void {
  test("another process reads a fact whole, in its realm and in no other", async ({ store, second }) => {
    const other = factsOf(await second());
    const odd = `{"words":"ä€😀 'quoted' \\"twice\\" \\\\ \\n"}\n`;
    assert.equal(await factsOf(store).put({ ...FACT, text: odd }, null), true);
    assert.equal(await factsOf(store).put({ ...FACT, realm: "pq_manager.2-x", text: "" }, null), true);
    assert.deepEqual(await other.list("realm"), [{ key: "key", text: odd }]);
    assert.deepEqual(await other.list("pq_manager.2-x"), [{ key: "key", text: "" }]);
    assert.deepEqual(await other.list("nothing"), []);
  });

  test("a fact replaces the text that its writer knows, and no other", async ({ store, second }) => {
    const [mine, others] = [factsOf(store), factsOf(await second())];
    assert.equal(await mine.put({ ...FACT, text: "2" }, "1"), false, "there is none");
    assert.equal(await mine.put({ ...FACT, text: "1" }, null), true);
    assert.equal(await others.put({ ...FACT, text: "other" }, null), false, "there is one");
    assert.equal(await others.put({ ...FACT, text: "2" }, "1"), true);
    assert.equal(await mine.put({ ...FACT, text: "3" }, "1"), false, "it has changed by now");
    assert.deepEqual(await listedAt(NOW, store), ["key=2"]);
  });

  test("of many processes that write the same fact at once, one succeeds", async ({ store, second }) => {
    const stores = [factsOf(store), factsOf(await second())];
    const writes = Array.from(
      { length: 20 },
      (_, i) =>
        stores[i % 2]?.put({ ...FACT, text: String(i) }, null).then((done) => done ? [`key=${i}`] : []),
    );
    const written = (await Promise.all(writes)).flatMap((one) => one ?? []);
    assert.equal(written.length, 1);
    assert.deepEqual(await listedAt(NOW, store), written);
  });

  test("a removed fact is gone for all, and a writer that knew it does not bring it back", async ({ store, second }) => {
    const [mine, others] = [factsOf(store), factsOf(await second())];
    await mine.put(FACT, null);
    await others.remove("other-realm", FACT.key);
    assert.deepEqual(await listedAt(NOW, store), ["key=text"]);
    await others.remove(FACT.realm, FACT.key);
    await others.remove(FACT.realm, FACT.key);
    assert.equal(await mine.put({ ...FACT, text: "visited" }, "text"), false);
    assert.deepEqual(await listedAt(NOW, store), []);
  });

  test("a fact expires by the clock of the store, and a write restarts its time", async ({ store }) => {
    const facts = factsOf(store);
    await facts.put(FACT, null);
    await facts.put({ ...FACT, key: "stays", livesMs: Infinity }, null);
    assert.deepEqual(await listedAt(NOW + 999, store), ["key=text", "stays=text"]);
    assert.deepEqual(await listedAt(NOW + 1_000, store), ["stays=text"]);
    assert.deepEqual(await listedAt(NOW + 1e12, store), ["stays=text"]);
    clock.now = NOW + 500;
    assert.equal(await facts.put({ ...FACT, text: "again" }, "text"), true);
    assert.deepEqual(await listedAt(NOW + 1_400, store), ["key=again", "stays=text"]);
    clock.now = NOW + 1_500;
    assert.equal(await facts.put({ ...FACT, text: "late" }, "again"), false, "it is over");
    assert.equal(await facts.put({ ...FACT, text: "new" }, null), true, "its place is free");
    assert.deepEqual(await listedAt(NOW + 1_600, store), ["key=new", "stays=text"]);
  });

  test("pruning removes what has expired, and nothing else", async ({ store, second }) => {
    const facts = factsOf(store);
    const other = await second();
    await add(store, "a");
    for (let i = 0; i < 20; i++) {
      await facts.put(
        { ...FACT, realm: `realm${i % 3}`, key: `key${i}`, livesMs: i < 15 ? 1_000 : 5_000 },
        null,
      );
    }
    await at(NOW + 2_000, other).prune({ olderThanMs: 1_000_000, after: 0, limit: 100 });
    // A clock that goes back shows what was removed: what had merely expired would be there again.
    const left = [];
    for (const realm of ["realm0", "realm1", "realm2"]) left.push(...await listedAt(NOW, store, realm));
    assert.deepEqual(left.sort(), [15, 16, 17, 18, 19].map((i) => `key${i}=text`));
    assert.notEqual(await store.get("a"), null);
  });

  test("if a realm has too many facts, those that expire first are dropped", async ({ store }) => {
    const facts = factsOf(store);
    await facts.put({ ...FACT, realm: "other" }, null);
    const put = (i: number) => facts.put({ ...FACT, key: `k${i}`, livesMs: 10_000 + i }, null);
    for (let from = 0; from < 1_000; from += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => put(from + i)));
    }
    assert.equal((await facts.list(FACT.realm)).length, 1_000);
    assert.equal(await put(1_000), true);
    assert.equal(await facts.put({ ...FACT, key: "short", livesMs: 1 }, null), true, "the new one stays");
    const kept = new Set((await facts.list(FACT.realm)).map(({ key }) => key));
    assert.equal(kept.size, 1_000);
    assert.deepEqual(["k0", "k1", "k2", "k1000", "short"].map((key) => kept.has(key)), [
      ...[false, false, true, true, true],
    ]);
    assert.deepEqual(await listedAt(NOW, store, "other"), ["key=text"]);
  });

  test("a fact out of bounds is refused", async ({ store }) => {
    const facts = factsOf(store);
    const names = ["", "a b", "a:b", "ä", "x".repeat(101), "a\n"];
    const wrong: Partial<Fact>[] = [
      ...names.map((realm) => ({ realm })),
      ...names.map((key) => ({ key })),
      ...["x".repeat(1_001), "a\0b"].map((text) => ({ text })),
      ...[0, -1, NaN].map((livesMs) => ({ livesMs })),
    ];
    for (const part of wrong) {
      await assert.rejects(
        facts.put({ ...FACT, ...part }, null),
        { name: "RejectedWrite" },
        JSON.stringify(part),
      );
    }
    const longest = { ...FACT, realm: "r".repeat(100), key: "k".repeat(100), text: "€".repeat(1_000) };
    assert.equal(await facts.put(longest, null), true);
    assert.deepEqual(await facts.list(longest.realm), [{ key: longest.key, text: longest.text }]);
  });
}
