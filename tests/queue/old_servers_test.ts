/** Servers that lack what the queue uses are refused, and the error names a version that has it. */
import assert from "node:assert/strict";
import { StorageError } from "../../queue/errors.ts";
import { openStore } from "../../queue/get_queue.ts";
import { tooOld } from "../../queue/redis/server_version.ts";
import { whyNoEmbeddedPostgres } from "../support/servers/embedded_postgres.ts";
import { postgresServer } from "../support/servers/postgres_server.ts";

const OLD = "13";

const missing = await whyNoEmbeddedPostgres(OLD);
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so old versions are not tested here`);
} else {
  Deno.test("PostgreSQL 13 is refused as too old, and left as it is", async () => {
    await using server = await postgresServer({ isDurable: false, major: OLD });
    for (const role of ["owner", "guest"] as const) {
      await assert.rejects(openStore(server.url(), role), (error: unknown) => {
        assert.ok(error instanceof StorageError && !error.passing);
        assert.match(error.message, /^PostgreSQL 13\.\d+ is too old: use 14 or newer\.$/);
        return true;
      });
    }
    assert.deepEqual(await server.sql("SELECT 1 FROM pg_namespace WHERE nspname = 'persistent_queue'"), []);
  });
}

Deno.test("a Redis before 7 is too old, a newer one and Valkey are not, and one of unknown version is tried", () => {
  const info = (lines: string) => `# Server\r\n${lines}\r\nos:Linux\r\n`;
  assert.equal(
    tooOld(info("redis_version:6.2.14\r\nredis_git_sha1:00000000")),
    "Redis 6.2.14 is too old: use 7 or newer, or Valkey.",
  );
  for (const lines of ["redis_version:7.0.15", "redis_version:10.0.0"]) {
    assert.equal(tooOld(info(lines)), null);
  }
  assert.equal(tooOld(info("redis_version:7.2.4\r\nserver_name:valkey\r\nvalkey_version:8.0.1")), null);
  assert.equal(tooOld(""), null);
});
