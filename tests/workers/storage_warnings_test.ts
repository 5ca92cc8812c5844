/** What a server does not guarantee is in the log too, once. */
import assert from "node:assert/strict";
import { eventually } from "../support/eventually.ts";
import { postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { redisServer, whyNoRedis } from "../support/servers/redis_server.ts";
import { testSystem } from "../support/system/test_system.ts";

interface Server extends AsyncDisposable {
  url(): string;
}

const SERVERS: readonly (readonly [setting: string, why: string | null, start: () => Promise<Server>])[] = [
  ["fsync = on", whyNoPostgres(), () => postgresServer({ settings: { fsync: "off" } })],
  ["appendfsync always", whyNoRedis(), () => redisServer({ appendonly: "no" })],
];

for (const [setting, why, start] of SERVERS) {
  Deno.test({
    name: `a server without "${setting}" causes one warning in the log, and a lasting one on the pages${
      why === null ? "" : ` (skipped: ${why})`
    }`,
    ignore: why !== null,
    fn: async () => {
      await using server = await start();
      await using system = await testSystem({ QUEUE_URL: server.url() });
      const { supervisor } = system;
      const isAboutIt = (text: string) => text.includes(`set ${setting}`) || text.includes(`and ${setting}`);
      await eventually("the log says it", () => system.logLines("jobqueue").some(isAboutIt));
      const swept = supervisor.view().sweep.lastAt ?? 0;
      await eventually("more sweeps have run", () => (supervisor.view().sweep.lastAt ?? 0) > swept + 500);
      assert.equal(system.logLines("jobqueue").filter(isAboutIt).length, 1);
      assert.match(system.logLines("jobqueue").find(isAboutIt) ?? "", /\[WARN\]/);
      assert.ok(supervisor.view().warnings.some(isAboutIt));
    },
  });
}
