/** A person who is logged in on one host is logged in on all, for as long as on one. */
import assert from "node:assert/strict";
import { sqliteTest } from "../support/backend.ts";
import { eventually } from "../support/eventually.ts";
import { openPages } from "./open_pages.ts";
import { isIn, isInOps, logOut, MINUTE, onEachServer, twoHosts, visits } from "./one_login_stage.ts";

/** Within this, what happens on one host is so on all. */
const SOON = { withinMs: 1_000 };

onEachServer(
  "a login on one host opens the pages of the other at once, a logout there ends it on both",
  async (stage) => {
    const [one, other] = await twoHosts(stage);
    const cookie = await one.logIn();
    assert.equal(await isIn(other, cookie), true);
    assert.equal(await visits(other, cookie), true);
    const again = await one.logIn();
    assert.equal(await logOut(other, cookie), 303);
    assert.equal(await isIn(other, cookie), false);
    await eventually("it has ended where it began", async () => await isIn(one, cookie) === false, SOON);
    assert.equal(await logOut(one, again), 303);
    await eventually("one that the other never saw", async () => await isIn(other, again) === false, SOON);
    assert.deepEqual([one.faults, other.faults, one.warnings, other.warnings], [[], [], [], []]);
  },
);

onEachServer("a session of the Manager opens no Ops on any host, and the other way round", async (stage) => {
  const [one, other] = await twoHosts(stage);
  const [manager, ops] = [await one.logIn(), await one.logInToOps()];
  for (const pages of [one, other]) {
    assert.deepEqual([await isIn(pages, manager), await isInOps(pages, ops)], [true, true]);
    const swapped = [ops.replace("pq_ops", "pq_manager"), manager.replace("pq_manager", "pq_ops")];
    assert.notEqual(swapped[0], ops);
    assert.deepEqual([await isIn(pages, swapped[0] ?? ""), await isInOps(pages, swapped[1] ?? "")], [
      false,
      false,
    ]);
  }
});

onEachServer("a stream on one host ends when the person logs out on another", async (stage) => {
  const [one, other] = await twoHosts(stage);
  const cookie = await one.logIn();
  const stream = await other.ask("/events", { headers: { cookie, accept: "text/event-stream" } });
  assert.equal(stream.status, 200);
  const reader = stream.body?.getReader();
  assert.equal((await reader?.read())?.done, false);
  await logOut(one, cookie);
  await other.queue.add([{ kind: "mail" }]);
  const ended = (async () => {
    while ((await reader?.read())?.done === false);
    return true;
  })();
  await eventually("the stream has ended", () => ended, { withinMs: 6_000 });
});

onEachServer(
  "the idle time goes on across hosts: half an hour after the last visit anywhere, and eight hours in all",
  async (stage) => {
    const { clock } = stage;
    const [one, other] = await twoHosts(stage);
    const [visited, idle] = [await one.logIn(), await one.logIn()];
    clock.aheadMs = 20 * MINUTE;
    assert.equal(await visits(other, visited), true);
    clock.aheadMs = 29 * MINUTE;
    assert.equal(await isIn(other, idle), true, "which is no sign of life");
    clock.aheadMs = 31 * MINUTE;
    for (const pages of [one, other]) {
      assert.deepEqual([await isIn(pages, visited), await isIn(pages, idle)], [true, false]);
    }
    clock.aheadMs = 51 * MINUTE;
    for (const pages of [other, one]) assert.equal(await isIn(pages, visited), false);

    const busy = await one.logIn();
    for (let minutes = 20; minutes < 480; minutes += 20) {
      clock.aheadMs += 20 * MINUTE;
      const pages = minutes % 40 === 0 ? one : other;
      // The visit before may still be on its way.
      await eventually(`it lives after ${minutes} minutes`, () => visits(pages, busy));
    }
    clock.aheadMs += 20 * MINUTE;
    for (const pages of [one, other]) assert.equal(await visits(pages, busy), false);
  },
);

onEachServer(
  "a visit a little after another is not lost: the idle time counts from the last one",
  async (stage) => {
    const { clock } = stage;
    const [one, other] = await twoHosts(stage);
    const cookie = await one.logIn();
    clock.aheadMs = 25_000;
    assert.equal(await visits(one, cookie), true, "not worth a write yet");
    one.manager.close();
    clock.aheadMs = 25_000 + 30 * MINUTE - 5_000;
    await eventually(
      "what was not written before is written when the host stops",
      async () => await isIn(other, cookie) === true,
    );
  },
);

onEachServer("a restart of the hosts ends no session, and one host alone needs no file", async (stage) => {
  const first = await stage.host();
  const cookie = await first.logIn();
  first.manager.close();
  const next = await stage.host();
  assert.equal(await isIn(next, cookie), true);
  await next.queue.prune();
  assert.equal(await isIn(next, cookie), true);
});

onEachServer("only hashes are stored, and what has expired goes away", async (stage) => {
  const { clock, server } = stage;
  const one = await stage.host();
  const cookies = [await one.logIn(), await one.logInToOps()];
  const tokens = cookies.map((cookie) => cookie.split("=")[1] ?? "");
  const stored = await everything(server);
  assert.ok(tokens.every((token) => token.length === 43 && !stored.includes(token)));
  const shared = one.queue.shared;
  assert.ok(shared !== null);
  const count = async () => (await shared.list("pq_manager")).length + (await shared.list("pq_ops")).length;
  assert.equal(await count(), 4, "two sessions, and an era for each of the pages");
  clock.aheadMs = 40 * MINUTE;
  await one.queue.prune();
  clock.aheadMs = 0;
  assert.equal(await count(), 2);
});

sqliteTest("on SQLite nothing is shared: the sessions are in the file, as before", async () => {
  await using pages = await openPages();
  assert.equal(pages.queue.shared, null);
  assert.match(pages.queue.missing.facts ?? "", /one host/);
});

/** All that the server stores of who is logged in. */
async function everything(
  server: Parameters<Parameters<typeof onEachServer>[1]>[0]["server"],
): Promise<string> {
  if ("sql" in server) return JSON.stringify(await server.sql("SELECT * FROM persistent_queue.facts"));
  const texts = ["pq_manager", "pq_ops", "pages"].map((realm) =>
    server.command("HGETALL", `{persistent-queue}:facts:${realm}`)
  );
  return JSON.stringify(await Promise.all(texts));
}
