/** Hosts whose clocks differ by minutes: the server's clock decides what is due, stalled or expired. */
import assert from "node:assert/strict";
import { openStore, type Store } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { wholeLines } from "../support/system/ledger.ts";

const HOST = new URL("./clocks_apart/host.ts", import.meta.url).pathname;
const APART_MS = 10 * 60_000;
const JOBS = 40;
/** The server is on this machine. */
const SLACK_MS = 50;
const SERVERS = [
  ["PostgreSQL", whyNoPostgres(), () => postgresServer({ isDurable: false })],
  ["Redis", whyNoRedis(), () => redisServer({}, { isDurable: false })],
] as const;

for (const [name, whyNot, start] of SERVERS) {
  const skipped = whyNot === null ? "" : ` (skipped: ${whyNot})`;
  Deno.test({
    name:
      `${name}: hosts whose clocks are twenty minutes apart agree on what is due, and take no job from each other${skipped}`,
    ignore: whyNot !== null,
    fn: async () => {
      await using server = await start();
      const since = Date.now();
      const hosts = [host(server.url(), "fast", APART_MS), host(server.url(), "slow", -APART_MS)];
      const store = await openStore(server.url(), "owner");
      try {
        for (const { lines } of hosts) assert.equal((await lines.next()).value, "added");
        await eventually("all are done", async () => await completedIn(store) === JOBS, { withinMs: 15_000 });
        await assertInTime(store, [since, Date.now()]);
        for (const { child, lines } of hosts) {
          await child.stdin.close();
          assert.equal((await lines.next()).value, "[]");
          assert.equal((await child.status).code, 0);
        }
      } finally {
        await store.close();
      }
    },
  });
}

function host(url: string, name: string, aheadMs: number) {
  const args = ["run", "-A", "--no-prompt", "--no-check", HOST, url, name, String(aheadMs)];
  const child = new Deno.Command(Deno.execPath(), {
    args,
    ...{ stdin: "piped", stdout: "piped", stderr: "inherit" },
  }).spawn();
  return { child, lines: wholeLines(child.stdout) };
}

async function completedIn(store: Store): Promise<number> {
  return (await store.stats({ silentForMs: 0 })).counts.COMPLETED;
}

/** Every time is by the server's clock, and no job began before its time. */
async function assertInTime(store: Store, [since, until]: readonly [number, number]): Promise<void> {
  const { jobs } = await store.list({ limit: JOBS });
  assert.equal(jobs.length, JOBS);
  const isNow = (time: number | null) =>
    time !== null && time >= since - SLACK_MS && time <= until + SLACK_MS;
  for (const { id, createdAt, runAt, startedAt, finishedAt, crashes } of jobs) {
    assert.ok(
      [createdAt, startedAt, finishedAt].every(isNow),
      `${id}: ${[since, createdAt, startedAt, finishedAt]}`,
    );
    assert.ok((startedAt ?? 0) >= runAt, `${id} began ${runAt - (startedAt ?? 0)} ms early`);
    assert.equal(crashes, 0, id);
  }
  assert.ok(jobs.some(({ runAt, createdAt }) => runAt > createdAt + 1_000), "some were delayed");
}
