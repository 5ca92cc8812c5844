/** Processes on several hosts: what one shows, the others see, and what is sent to one reaches only that one. */
import assert from "node:assert/strict";
import type { HostChannel } from "../../queue/capabilities.ts";
import type { ProcessIdentity } from "../../queue/processes.ts";
import type { Store } from "../../queue/store.ts";
import { eventually } from "../support/eventually.ts";
import { add, claimOne, NOW, PROCESS } from "./stage.ts";
import type { Case } from "./suite.ts";

/** Much longer than a message takes to arrive. */
const NOTHING_COMES_MS = 500;

function process(number: number): ProcessIdentity {
  return { ...PROCESS, id: PROCESS.id.replace(/.$/, String(number)), pid: number };
}

function channelOf({ capabilities: { hosts } }: Store): HostChannel {
  assert.ok(!("reason" in hosts));
  return hosts;
}

/** The messages that this store receives from now on. */
function textsAt(store: Store): { readonly texts: string[] } & Disposable {
  const texts: string[] = [];
  const listening = channelOf(store).listen((text) => texts.push(text));
  return { texts, [Symbol.dispose]: () => listening[Symbol.dispose]() };
}

export function hostsCases(test: Case): void {
  test("a process that was taken for dead claims nothing before it has joined again", async ({ store, second }) => {
    const other = await second();
    await store.join(process(1));
    await other.join(process(2));
    await add(store, "a");
    await other.leave(process(1).id);
    for (const kinds of [undefined, ["file"]]) {
      const { claimed, nextRunAt } = await store.claim(
        [{ consumerId: "c1", limit: 1, suspect: true }, { consumerId: "c1", limit: 1, suspect: false }],
        kinds === undefined ? {} : { kinds },
      );
      assert.deepEqual([claimed, await nextRunAt], [[], NOW]);
    }
    await store.join(process(3));
    assert.equal((await claimOne(store)).id, "a");
    assert.deepEqual(
      await other.orphans({ process: null, limit: 9 }),
      [],
      "a start would take it from the living",
    );
  });

  test("the kinds that a process claims are in its row, and in its new row when it joins again", async ({ store, second }) => {
    const other = await second();
    const kindsSeen = async () => (await other.processes({ silentForMs: 30_000 })).map(({ kinds }) => kinds);
    await store.join(process(1));
    await other.join(process(2));
    assert.deepEqual(await kindsSeen(), [[], []]);
    const kinds = ["file", "mail"];
    await store.claim([], { kinds });
    assert.deepEqual(await kindsSeen(), [kinds, []]);
    await other.leave(process(1).id);
    await store.join(process(3));
    assert.deepEqual(await kindsSeen(), [[], kinds], "it may be idle from now on, and claim nothing");
  });

  test("a message reaches only its process, whole, and is not a change of the queue", async ({ store, second }) => {
    const [target, bystander] = [await second(), await second()];
    for (const [i, one] of [store, target, bystander].entries()) await one.join(process(i + 1));
    using atSender = textsAt(store);
    using atTarget = textsAt(target);
    using alsoAtTarget = textsAt(target);
    using atBystander = textsAt(bystander);
    let changes = 0;
    using _watch = bystander.watch(() => changes += 1);
    const text = `{"odd":"ä€😀 ' \\" \\\\ \\n ${"x".repeat(3_000)}"}\nto nobody else`;
    assert.equal(await channelOf(store).send(process(2).id, text), true);
    const since = performance.now();
    await eventually("it arrives", () => atTarget.texts.length > 0);
    assert.ok(performance.now() - since < 1_000);
    await passed();
    assert.deepEqual([atTarget.texts, alsoAtTarget.texts], [[text], [text]]);
    assert.deepEqual([atSender.texts, atBystander.texts, changes], [[], [], 0]);
  });

  test("a message for a process that is not there goes nowhere, and the sender is told", async ({ store, second }) => {
    const other = await second();
    await other.join(process(2));
    using atOther = textsAt(other);
    assert.equal(await channelOf(store).send(process(3).id, "for none"), false);
    await other.leave(process(2).id);
    assert.equal(await channelOf(store).send(process(2).id, "for one that has left"), false);
    await passed();
    assert.deepEqual(atOther.texts, []);
  });

  test("a process that joins again is reached under its new id", async ({ store, second }) => {
    const other = await second();
    await other.join(process(2));
    await store.leave(process(2).id);
    await other.join(process(3));
    using atOther = textsAt(other);
    assert.equal(await channelOf(store).send(process(3).id, "hello"), true);
    await eventually("it arrives", () => atOther.texts.includes("hello"));
  });

  test("a message for all reaches every other process, and is not a change of the queue", async ({ store, second }) => {
    const [joined, beside] = [await second(), await second()];
    await joined.join(process(2));
    const heard: string[] = [];
    const stores = { sender: store, joined, beside };
    const hearing = Object.entries(stores).flatMap(([name, one]) =>
      [1, 2].map((n) => channelOf(one).hear((text) => heard.push(`${name} ${n}: ${text}`)))
    );
    using atJoined = textsAt(joined);
    let changes = 0;
    using _watch = beside.watch(() => changes += 1);
    const text = `{"odd":"ä€😀 ' \\" ${"x".repeat(3_000)}"}\nto all`;
    await channelOf(store).tell(text);
    await eventually("it arrives", () => heard.length >= 4);
    hearing.at(-1)?.[Symbol.dispose]();
    await channelOf(store).tell("again");
    await eventually("it arrives", () => heard.length >= 7);
    await passed();
    assert.deepEqual(
      heard.toSorted(),
      [
        ...["beside 1", "beside 2", "joined 1", "joined 2"].map((who) => `${who}: ${text}`),
        ...["beside 1", "joined 1", "joined 2"].map((who) => `${who}: again`),
      ].sort(),
    );
    assert.deepEqual([atJoined.texts, changes], [[], 0]);
    for (const one of hearing) one[Symbol.dispose]();
  });

  test("a disposed listener hears nothing more", async ({ store, second }) => {
    const other = await second();
    await other.join(process(2));
    const gone = textsAt(other);
    gone[Symbol.dispose]();
    using atOther = textsAt(other);
    await channelOf(store).send(process(2).id, "hello");
    await eventually("it arrives", () => atOther.texts.includes("hello"));
    assert.deepEqual(gone.texts, []);
  });
}

function passed(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, NOTHING_COMES_MS));
}
