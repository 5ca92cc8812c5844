/** What a change of the password, and what strangers, do to the sessions, devices and guesses that hosts share. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { sharedThrottle } from "../../ui/auth/shared_throttle.ts";
import type { SharedByHosts } from "@persistent-queue/queue";
import { PASSWORD, type TestPages } from "./open_pages.ts";
import { isIn, onEachServer, tryPassword, twoHosts, visits } from "./one_login_stage.ts";

const CHANGED = "changed password";
/** What is told, and judged, which takes a hash or two. */
const SOON = { withinMs: 5_000 };

async function logInWith(pages: TestPages, password: string): Promise<string> {
  const response = await pages.ask("/login", { method: "POST", body: new URLSearchParams({ password }) });
  await response.body?.cancel();
  assert.equal(response.status, 303);
  return response.headers.get("set-cookie")?.split(";")[0] ?? "";
}

onEachServer(
  "a new password ends every earlier session on every host, and going back to the first brings none back",
  async ({ host }) => {
    const first = await host();
    const before = await first.logIn();
    first.manager.close();
    const [one, other] = [await host({ password: CHANGED }), await host({ password: CHANGED })];
    assert.deepEqual([await isIn(one, before), await isIn(other, before)], [false, false]);
    const between = await logInWith(one, CHANGED);
    assert.equal(await isIn(other, between), true);
    for (const pages of [one, other]) pages.manager.close();
    const back = await host();
    assert.deepEqual([await isIn(back, before), await isIn(back, between)], [false, false]);
    const after = await back.logIn();
    assert.equal(await isIn(await host(), after), true);
  },
);

onEachServer(
  "a password that was changed and changed back without a visit in between brings no session back",
  async ({ host }) => {
    const first = await host();
    const before = await first.logIn();
    first.manager.close();
    const between = await host({ password: CHANGED });
    assert.equal(await visits(between, ""), false, "it serves");
    between.manager.close();
    assert.equal(await isIn(await host(), before), false);
  },
);

onEachServer(
  "a host that runs on with the former password shares no sessions, says so once, and its users can go on working",
  async ({ host }) => {
    const [old, oldToo] = [await host(), await host()];
    const before = await old.logIn();
    const changed = await host({ password: CHANGED });
    const after = await logInWith(changed, CHANGED);
    await eventually("its session has ended", async () => await isIn(old, before) === false, SOON);
    assert.equal(await isIn(old, after), false);
    const alone = await old.logIn();
    assert.deepEqual([await isIn(old, alone), await isIn(oldToo, alone)], [true, false]);
    assert.equal(await isIn(changed, alone), false);
    assert.equal(
      await isIn(await host({ password: CHANGED }), after),
      true,
      "it has not ended the era of the others",
    );
    await eventually("the other one says so too", () => oldToo.warnings.length > 0);
    assert.equal(old.warnings.filter((text) => /different MANAGER_PASSWORD/.test(text)).length, 1);
    assert.deepEqual(changed.warnings, []);
  },
);

/** Counts what reaches the server. */
function counted(
  shared: SharedByHosts,
): { readonly shared: SharedByHosts; readonly calls: { count: number } } {
  const calls = { count: 0 };
  const counting = new Proxy(shared, {
    get: (target, name) => {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== "function" || name === "now" || name === "hear") return verb;
      return (...values: unknown[]) => {
        calls.count += 1;
        return verb.apply(target, values);
      };
    },
  });
  return { shared: counting, calls };
}

onEachServer(
  "made-up cookies do not load the server, and a person of another host gets in beside them",
  async ({ host }) => {
    const one = await host();
    const { queue } = await host();
    assert.ok(queue.shared !== null);
    const { shared, calls } = counted(queue.shared);
    const other = await host({ shared });
    const cookie = await one.logIn();
    assert.equal(await isIn(other, "pq_manager_8501=short"), false);
    const began = performance.now();
    const before = calls.count;
    let tried = 0;
    const flood = async () => {
      while (performance.now() - began < 3_000) {
        const token = crypto.getRandomValues(new Uint8Array(32)).toBase64({
          alphabet: "base64url",
          omitPadding: true,
        });
        assert.equal(await isIn(other, `pq_manager_8501=${token}`), false);
        tried += 1;
      }
    };
    const floods = Array.from({ length: 100 }, flood);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const since = performance.now();
    assert.equal(await isIn(other, cookie), true);
    const waitedMs = performance.now() - since;
    await Promise.all(floods);
    const seconds = (performance.now() - began) / 1_000;
    const perSecond = (calls.count - before) / seconds;
    console.log(
      `${tried} made-up cookies in ${seconds.toFixed(1)} s: ${
        perSecond.toFixed(1)
      } calls a second; the person waited ${waitedMs.toFixed(0)} ms`,
    );
    assert.ok(tried > 200, `${tried}`);
    assert.ok(perSecond < 5, `${perSecond} calls a second`);
    assert.ok(waitedMs < 1_100, `${waitedMs} ms`);
  },
);

onEachServer(
  "a browser that logged in on one host waits on no host for the guesses of others",
  async (stage) => {
    const [one, other] = await twoHosts(stage);
    const cookie = await one.logIn();
    const page = await one.ask("/", { headers: { cookie } });
    await page.body?.cancel();
    const device = page.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    assert.match(device, /^pq_device/);
    const peer = "203.0.113.7";
    for (let i = 0; i < 5; i++) await tryPassword(other, "wrong", { peer });
    assert.equal(await tryPassword(other, PASSWORD, { peer }), 429);
    assert.equal(await tryPassword(other, PASSWORD, { peer, headers: { cookie: device } }), 303);
    const known = await other.ask("/", { headers: { cookie: `${cookie}; ${device}` } });
    await known.body?.cancel();
    assert.deepEqual(known.headers.getSetCookie(), [], "it needs no other name");
  },
);

onEachServer(
  "a client that guesses on one host has to wait on the other as well, for passwords and for tokens",
  async ({ host }) => {
    const guarded = async () => {
      const { queue: { shared } } = await host();
      return await host({ throttle: sharedThrottle("passwords", { shared, now: Date.now }) });
    };
    const [one, other] = [await guarded(), await guarded()];
    const [peer, honest] = ["203.0.113.7", "198.51.100.9"];
    for (let i = 0; i < 4; i++) assert.equal(await tryPassword(one, "wrong", { peer }), 401);
    await eventually("it is told", async () => await tryPassword(other, "wrong", { peer }) === 429);
    assert.equal(await tryPassword(other, PASSWORD, { peer: honest }), 303);

    const withToken = async (pages: TestPages, token: string, from: string) => {
      const headers = { authorization: `Bearer ${token}` };
      const response = await pages.ask("/api/stats", { headers, peer: from });
      await response.body?.cancel();
      return response.status;
    };
    for (let i = 0; i < 4; i++) assert.equal(await withToken(one, "wrong", peer), 401);
    await eventually("it is told", async () => await withToken(other, "wrong", peer) === 429);
    assert.equal(await withToken(other, "token-of-the-tests", honest), 200);
  },
);

onEachServer("what others write into the shared facts opens nothing and breaks nothing", async (stage) => {
  const [one, other] = await twoHosts(stage);
  const cookie = await one.logIn();
  const shared = one.queue.shared;
  assert.ok(shared !== null);
  const odd = ["", "{", "null", "[]", '{"era":1}', '{"era":"x","openedAt":9e15,"seenAt":9e15}'];
  for (const [i, text] of odd.entries()) {
    await shared.put({ realm: "pq_manager", key: `odd${i}`, text, livesMs: 60_000 }, null);
    await shared.tell(text);
  }
  for (const field of ["hash", "realm", "throttle", "address"]) {
    await shared.tell(
      JSON.stringify({ type: "session-ended", realm: "pq_manager", [field]: "x".repeat(2_000) }),
    );
    await shared.tell(JSON.stringify({ type: "login-failed", throttle: "passwords", [field]: { a: 1 } }));
    await shared.tell(JSON.stringify({ type: "sessions-ended", realm: "pq_manager" }));
  }
  assert.equal(await isIn(other, cookie), true);
  const facts = await shared.list("pq_manager");
  const [row] = facts.filter(({ key }) => key.length === 43);
  assert.ok(row !== undefined);
  assert.equal(await isIn(other, `pq_manager_8501=${row.key}`), false, "what is stored is no token");
  assert.deepEqual([one.faults, other.faults], [[], []]);
});
