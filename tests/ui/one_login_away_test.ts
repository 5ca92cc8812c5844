/** The server that the hosts share is away: no session ends, and what happened meanwhile is passed on. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { relayTo } from "../support/servers/relay.ts";
import type { TestPages } from "./open_pages.ts";
import { isIn, logOut, onEachServer, visits } from "./one_login_stage.ts";

/** The store connects again, and the host tries again what it could not pass on. */
const BACK = { withinMs: 15_000 };
/** In which a request is answered, whatever the server does. */
const ANSWERED_MS = 3_000;

/** As the supervisor does, so that the store notices what becomes of its connections. */
function probing(hosts: readonly TestPages[]): AsyncDisposable {
  let isOver = false;
  const probes = (async () => {
    while (!isOver) {
      await Promise.all(hosts.map(({ queue }) => queue.probe().catch(() => {})));
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      isOver = true;
      await probes;
    },
  };
}

async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  const since = performance.now();
  const result = await work;
  const tookMs = performance.now() - since;
  assert.ok(tookMs < ANSWERED_MS, `${what} took ${tookMs} ms`);
  return result;
}

const STRANGE = `pq_manager_8501=${"x".repeat(43)}`;

onEachServer(
  "while the server is away no session ends, and what happened meanwhile is passed on when it is back",
  async ({ server, host }) => {
    const hosts = [await host(), await host()];
    const [one, other] = hosts;
    assert.ok(one !== undefined && other !== undefined);
    const [stays, goes] = [await one.logIn(), await one.logIn()];
    assert.deepEqual([await isIn(other, stays), await isIn(other, goes)], [true, true]);
    let fresh = "";
    await using _probes = probing(hosts);
    await server.crash(async () => {
      for (const pages of hosts) assert.equal(await inTime("a page", visits(pages, stays)), true);
      fresh = await inTime("a login", one.logIn());
      assert.equal(await inTime("its first page", isIn(one, fresh)), true);
      assert.equal(await inTime("a stranger", isIn(other, STRANGE)), false);
      assert.equal(await inTime("a logout", logOut(one, goes)), 303);
      assert.equal(await isIn(one, goes), false);
    });
    await eventually("the login of then is known", async () => await isIn(other, fresh) === true, BACK);
    await eventually("and the logout", async () => await isIn(other, goes) === false, BACK);
    for (const pages of hosts) assert.equal(await isIn(pages, stays), true);
    assert.deepEqual([one.faults, other.faults], [[], []]);
  },
);

onEachServer(
  "a logout where the session was never seen is passed on too, when the server is back",
  async ({ server, host }) => {
    const hosts = [await host(), await host()];
    const [one, other] = hosts;
    assert.ok(one !== undefined && other !== undefined);
    const cookie = await one.logIn();
    await using _probes = probing(hosts);
    await server.crash(async () => {
      assert.equal(await inTime("a logout", logOut(other, cookie)), 303);
      assert.equal(await isIn(one, cookie), true, "it cannot know yet");
    });
    await eventually("it has ended", async () => await isIn(one, cookie) === false, BACK);
  },
);

onEachServer(
  "a server that accepts everything and answers nothing delays no request",
  async ({ server, host }) => {
    await using relay = relayTo(server.port);
    const url = server.url().replace(`:${server.port}`, `:${relay.port}`);
    const pages = await host({}, url);
    const known = await pages.logIn();
    relay.swallow();
    assert.equal(await inTime("who is known", isIn(pages, known)), true);
    for (let i = 0; i < 3; i++) assert.equal(await inTime("a stranger", isIn(pages, STRANGE)), false);
    const fresh = await inTime("a login", pages.logIn());
    assert.equal(await inTime("who came meanwhile", isIn(pages, fresh)), true);
    assert.equal(await inTime("a logout", logOut(pages, known)), 303);
    relay.mend();
    await using _probes = probing([pages]);
    const next = await host();
    await eventually("the login is passed on", async () => await isIn(next, fresh) === true, BACK);
    await eventually("the logout too", async () => await isIn(next, known) === false, BACK);
  },
);
