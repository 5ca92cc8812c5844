/** A PostgreSQL queue of an earlier release is upgraded once, whatever dies meanwhile, and while hosts keep working. */
import assert from "node:assert/strict";
import { getQueue } from "@persistent-queue/queue";
import { eventually } from "../support/eventually.ts";
import { problemsAt } from "../support/faults/problems_at.ts";
import { handlerFolder } from "../support/processes/handler_folder.ts";
import { isHealthy } from "../support/processes/is_healthy.ts";
import { runSystem, spawnSystem } from "../support/processes/running_system.ts";
import { freePort } from "../support/processes/free_port.ts";
import { tempFolder } from "../support/temp_folder.ts";
import { type PostgresServer, postgresServer, whyNoPostgres } from "../support/servers/postgres_server.ts";
import { IN_FLIGHT, leftOf, makeOldSchema } from "./postgres_upgrade/old_schema.ts";
import { makeCommitsWait, MOMENTS, standstillAt } from "./postgres_upgrade/standstill.ts";

const OPENING = new URL("./postgres_upgrade/opening.ts", import.meta.url).pathname;
const NEWEST = 5;
const AT_ONCE = 8;
/** A statement may take 20 s, and an unanswered call 5 s more. */
const LONGER_THAN_ALLOWED_SECONDS = 27;
/** The moment of the kill after which the next start is a real supervisor. */
const FOLLOWED_BY_SUPERVISOR = "before it notes the version";

let server: PostgresServer;

const missing = whyNoPostgres();
if (missing !== null) {
  console.log(`SKIPPED: ${missing}, so no older queue is upgraded there`);
} else {
  Deno.test.beforeAll(async () => {
    server = await postgresServer({ isDurable: false });
  });
  Deno.test.afterAll(async () => await server[Symbol.asyncDispose]());

  Deno.test("a supervisor that is killed in the middle of an upgrade leaves a whole queue, and the next start upgrades it", async () => {
    await Promise.all(Object.keys(MOMENTS).map((moment, n) => killAt(moment, `killed_${n}`)));
  });

  Deno.test("processes that start together on an older queue upgrade it once", async () => {
    await makeOldSchema(server, "at_once");
    await server.sql(`CREATE TABLE made_tables (name text);
      CREATE FUNCTION note_table() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO public.made_tables SELECT object_identity FROM pg_event_trigger_ddl_commands()
          WHERE object_type = 'table';
      END $$;
      CREATE EVENT TRIGGER note_tables ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION note_table()`);
    const before = await leftOf(server, "at_once");
    const args = ["run", "-A", "--no-check", "--no-prompt", OPENING, server.url("at_once")];
    await using standstill = await standstillAt(server, MOMENTS["while it makes a table"]?.("at_once") ?? "");
    const children = Array.from(
      { length: AT_ONCE },
      () =>
        new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "null", stderr: "piped" }).spawn(),
    );
    const opened = Promise.all(children.map((child) => child.output()));
    await eventually("all of them are upgrading", async () => {
      const [row] = await server.sql(`SELECT count(*)::int AS waiting FROM pg_stat_activity
        WHERE application_name = 'persistent-queue' AND wait_event_type = 'Lock'`);
      return row?.waiting === AT_ONCE;
    }, { withinMs: 20_000 });
    await standstill.reached();
    await standstill.end();
    const outputs = await opened;
    for (const { code, stderr } of outputs) assert.equal(code, 0, new TextDecoder().decode(stderr));
    assert.deepEqual(await server.sql("SELECT name FROM made_tables"), [{ name: "at_once.facts" }]);
    assert.deepEqual(await leftOf(server, "at_once"), { ...before, versions: [NEWEST] });
  });

  Deno.test("an upgrade is not cut off when it takes longer than other statements may, and the start says that it waits", async () => {
    await makeOldSchema(server, "slow");
    await server.sql(`CREATE FUNCTION take_long() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_sleep(${LONGER_THAN_ALLOWED_SECONDS});
      END $$;
      CREATE EVENT TRIGGER take_long ON ddl_command_end WHEN TAG IN ('DROP INDEX') EXECUTE FUNCTION take_long()`);
    const before = await leftOf(server, "slow");
    const env = { QUEUE_URL: server.url("slow") };
    await using system = await runSystem({ command: "supervise", env, until: /The start waits for that\./ });
    assert.match(
      system.lines.join("\n"),
      /^The queue takes a long time to open, as when a large one is upgraded\./m,
    );
    const page = await fetch(system.ops);
    assert.equal(page.status, 503);
    assert.match(await page.text(), /The queue takes a long time to open/);
    await system.healthy(2 * LONGER_THAN_ALLOWED_SECONDS * 1_000);
    const after = await leftOf(server, "slow");
    assert.deepEqual([after.versions, after.content], [[NEWEST], before.content]);
    await server.sql("DROP EVENT TRIGGER take_long");
  });

  Deno.test("a supervisor keeps working while a newer release upgrades its queue, which refuses its next start", async () => {
    await using handlers = await handlerFolder({ quick: `export const handler = ({ payload }) => payload;` });
    const env = { QUEUE_URL: server.url("newer"), HANDLERS_DIR: handlers.path };
    await using working = await runSystem({ command: "supervise", env });
    await working.healthy();
    const ids: string[] = [];
    const unhealthy: string[] = [];
    using work = underWay(async () => {
      const id = `job ${ids.length}`;
      const response = await working.api("jobs", { id, kind: "quick", payload: id });
      await response.body?.cancel();
      assert.equal(response.status, 201);
      ids.push(id);
      if (!await isHealthy(working.ops)) unhealthy.push(id);
    });
    await eventually("it works", () => ids.length > 10);
    await upgradeFurther("newer");
    const upgradedAt = ids.length;
    await eventually("it works on", () => ids.length > upgradedAt + 20);

    await using folder = await tempFolder();
    const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
    const older = spawnSystem({ command: "supervise", env: { ...env, ...ports }, folder: folder.path });
    const { code, stderr } = await older.output();
    assert.equal(code, 74);
    assert.match(
      new TextDecoder().decode(stderr),
      new RegExp(
        `made by a newer release \\(${NEWEST + 1}, this one knows ${NEWEST}\\): upgrade this program\\.`,
      ),
    );

    const refusedAt = ids.length;
    await eventually("the running one keeps working", () => ids.length > refusedAt + 20);
    await work.stop();
    for (const id of ids) assert.equal((await working.until(id, "COMPLETED")).result, id);
    assert.deepEqual(unhealthy, []);
    assert.deepEqual(working.lines.filter((line) => /PostgreSQL|storage/.test(line)), []);
  });
}

/** Kills a real supervisor that waits at this moment, and then starts another. */
async function killAt(moment: string, schema: string): Promise<void> {
  await makeOldSchema(server, schema);
  if (moment === "while it commits") await makeCommitsWait(server, schema);
  const before = await leftOf(server, schema);
  await using standstill = await standstillAt(server, MOMENTS[moment]?.(schema) ?? "");
  await using folder = await tempFolder();
  const ports = { MANAGER_PORT: String(freePort()), OPS_PORT: String(freePort()) };
  const killed = spawnSystem({
    command: "supervise",
    env: { QUEUE_URL: server.url(schema), ...ports },
    folder: folder.path,
  });
  await standstill.reached().finally(() => killed.kill("SIGKILL"));
  const { signal } = await killed.output();
  assert.equal(signal, "SIGKILL", moment);
  await standstill.end();
  const left = await leftOf(server, schema);
  const isUpgraded = left.versions[0] === NEWEST;
  assert.deepEqual(left, { ...before, versions: [isUpgraded ? NEWEST : 1] }, moment);

  await startOn(schema, moment);
  const after = await leftOf(server, schema);
  const freed = [{ status: "PENDING", count: IN_FLIGHT }];
  assert.deepEqual(after, { versions: [NEWEST], content: before.content, freed }, moment);
  assert.deepEqual(await problemsAt(server.url(schema), {}), [], moment);
  console.log(`killed ${moment}: the queue was ${isUpgraded ? "upgraded" : "as before"}, and is whole`);
}

/** Starts a real supervisor once, and otherwise only what it does first, until the jobs of the dead process are free. */
async function startOn(schema: string, moment: string): Promise<void> {
  const url = server.url(schema);
  if (moment === FOLLOWED_BY_SUPERVISOR) {
    await using system = await runSystem({ command: "supervise", env: { QUEUE_URL: url } });
    await system.healthy();
    return await untilFree(schema);
  }
  const queue = await getQueue(url, { role: "owner" });
  try {
    await queue.recover();
    await untilFree(schema, async () => {
      await queue.renew([]);
      await queue.probe();
    });
  } finally {
    await queue.close();
  }
}

/** Silence of all hosts looks like an outage, after which the first process gives the others some seconds to come back. */
async function untilFree(schema: string, meanwhile = async () => {}): Promise<void> {
  await eventually("the jobs of the dead process are free", async () => {
    await meanwhile();
    const { freed } = await leftOf(server, schema);
    return JSON.stringify(freed) === JSON.stringify([{ status: "PENDING", count: IN_FLIGHT }]);
  }, { withinMs: 15_000 });
}

/** As a newer release would: a step only adds, and the version grows. */
async function upgradeFurther(schema: string): Promise<void> {
  await server.sql(`BEGIN; SET LOCAL search_path = ${schema};
    SELECT pg_advisory_xact_lock(hashtext('persistent_queue'), hashtext('${schema}'));
    ALTER TABLE jobs ADD COLUMN tags text[] NOT NULL DEFAULT '{}';
    ALTER TABLE history ADD COLUMN host text;
    ALTER TABLE processes ADD COLUMN labels json;
    CREATE TABLE schedules (id text PRIMARY KEY, cron text NOT NULL);
    CREATE INDEX jobs_tags ON jobs USING gin (tags);
    DELETE FROM persistent_queue; INSERT INTO persistent_queue (version) VALUES (${NEWEST + 1}); COMMIT`);
}

interface UnderWay extends Disposable {
  stop(): Promise<void>;
}

/** Repeats a step. @throws when stopped, the error that ended it earlier */
function underWay(step: () => Promise<void>): UnderWay {
  let isOver = false;
  const work = (async () => {
    while (!isOver) await step();
  })();
  work.catch(() => {});
  const end = () => void (isOver = true);
  return { stop: () => (end(), work), [Symbol.dispose]: end };
}
