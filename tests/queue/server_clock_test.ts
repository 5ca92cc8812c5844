/** The server's clock decides, however the clocks of the hosts are set. */
import assert from "node:assert/strict";
import { getQueue } from "../../queue/get_queue.ts";
import { ServerClock } from "../../queue/basics/server_clock.ts";
import { ClockRollback, type ClockSetBack } from "../../queue/policy/clock_rollback.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";

const HOUR_MS = 3_600_000;
const SERVERS = [
  ["PostgreSQL", whyNoPostgres(), () => postgresServer({ isDurable: false })],
  ["Redis", whyNoRedis(), () => redisServer({}, { isDurable: false })],
] as const;

for (const [name, whyNot, start] of SERVERS) {
  Deno.test({
    name: `${name}: a host whose own clock is set forward and back takes no delayed job before its time` +
      (whyNot === null ? "" : ` (skipped: ${whyNot})`),
    ignore: whyNot !== null,
    fn: async () => {
      await using server = await start();
      const queue = await getQueue(server.url(), { role: "owner", joins: true, kinds: ["mail"] });
      try {
        const runAt = queue.now() + HOUR_MS / 2;
        await queue.add([{ id: "later", kind: "mail", runAt }]);
        for (const aheadMs of [0, HOUR_MS, 0, -HOUR_MS, 0]) {
          using _ = machineClockAhead(aheadMs);
          const { claimed } = await queue.claim([{ consumerId: "c1", limit: 1, suspect: false }]);
          assert.deepEqual(claimed, [], `the host is ${aheadMs} ms ahead`);
          assert.ok(Math.abs(queue.now() + HOUR_MS / 2 - runAt) < HOUR_MS / 4, "now() is the server's");
        }
        assert.equal((await queue.get("later")).job.runAt, runAt);
      } finally {
        await queue.close();
      }
    },
  });
}

function machineClockAhead(ms: number): Disposable {
  const real = Date.now;
  Date.now = () => real() + ms;
  return { [Symbol.dispose]: () => void (Date.now = real) };
}

/** A server whose clock can be set, and a host that looks at it: the way there and back takes the given times. */
class Stage {
  serverAheadMs = 1_000_000;
  elapsedMs = 0;
  readonly clock = new ServerClock(null, null, () => this.elapsedMs);
  readonly #rollback = new ClockRollback(() => this.clock.shownTime());

  get serverTime(): number {
    return this.elapsedMs + this.serverAheadMs;
  }

  get offMs(): number {
    return this.clock.now() - this.serverTime;
  }

  async look(thereMs: number, backMs: number): Promise<void> {
    await this.clock.look(() => {
      this.elapsedMs += thereMs;
      const said = this.serverTime;
      this.elapsedMs += backMs;
      return Promise.resolve(said);
    });
  }

  setBack(): Promise<ClockSetBack | null> {
    return this.#rollback.around((setBack) => Promise.resolve(setBack));
  }
}

Deno.test("the estimate is as good as the quickest look, and slow ones do not spoil it", async () => {
  const stage = new Stage();
  await stage.look(400, 0);
  assert.ok(Math.abs(stage.offMs) <= 201);
  await stage.look(1, 1);
  assert.ok(Math.abs(stage.offMs) <= 2);
  await stage.look(0, 900);
  assert.ok(Math.abs(stage.offMs) <= 2);
});

Deno.test("a host that was asleep knows the server's time after its next look, even if that is slow", async () => {
  const stage = new Stage();
  await stage.look(1, 1);
  stage.serverAheadMs += HOUR_MS;
  await stage.look(20, 30);
  assert.ok(Math.abs(stage.offMs) <= 50);
  assert.equal(await stage.setBack(), null);
});

Deno.test("a rollback of the server's clock is found once, and reaches back to the latest time that it showed", async () => {
  const stage = new Stage();
  await stage.look(1, 1);
  stage.elapsedMs += 400;
  assert.equal(await stage.setBack(), null);
  const latest = stage.serverTime;
  stage.serverAheadMs -= HOUR_MS;
  await stage.look(1, 1);
  const { from, to } = await stage.setBack() ?? assert.fail("not found");
  assert.ok(from <= latest && from >= latest - 2, `${from - latest}`);
  assert.ok(Math.abs(to - stage.serverTime) <= 2, `${to - stage.serverTime}`);
  await stage.look(1, 1);
  assert.equal(await stage.setBack(), null);
});

Deno.test("slow looks, and a server whose machine stood still for an hour, are no rollback", async () => {
  const stage = new Stage();
  for (const [there, back] of [[900, 0], [0, 900], [1, 1], [900, 900], [0, 2_000], [2_000, 0]] as const) {
    await stage.look(there, back);
    assert.equal(await stage.setBack(), null, `${there} ms there, ${back} ms back`);
  }
  stage.elapsedMs += HOUR_MS;
  await stage.setBack();
  stage.serverAheadMs -= HOUR_MS - 5_000;
  await stage.look(1, 1);
  assert.equal(await stage.setBack(), null, "stood still");
});
