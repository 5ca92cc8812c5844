/**
 * The schema, in numbered steps: a released one is never edited. All missing steps run in one transaction under an advisory
 * lock, so that when several processes start at once, one migrates and the others wait.
 *
 * A process of the previous release may still be running while a newer one migrates: a step only adds, and removes nothing
 * that the previous release uses.
 */
import { StorageError } from "../errors.ts";
import type { Client, Tx } from "./client.ts";
import { isLocked } from "./faults.ts";
import jobs from "./migrations/0001_jobs.sql" with { type: "text" };
import facts from "./migrations/0002_facts.sql" with { type: "text" };
import roomForVersions from "./migrations/0003_room_for_versions.sql" with { type: "text" };
import idOrder from "./migrations/0004_id_order.sql" with { type: "text" };
import numbers from "./migrations/0005_numbers.sql" with { type: "text" };

const MIGRATIONS = [jobs, facts, roomForVersions, idOrder, numbers];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The table that marks a schema as ours, and holds its version. */
const META = "persistent_queue";

const TURN_MS = 20_000;
const LOCK_MS = 5_000;
/**
 * While an upgrade waits for the table of jobs, running hosts wait behind it: for a shorter time than any of their statements
 * may wait, and seldom, however many hosts wait to upgrade.
 */
const TABLE_MS = 300;
const PAUSE_MS = 6_000;

/** Where all hosts see when one of them last tried: a comment can be changed while a dump reads the table. */
const LAST_TRY = {
  note:
    `EXECUTE format('COMMENT ON TABLE ${META} IS %L', 'The last upgrade had to wait for jobs. Milliseconds since 1970: '
      || floor(extract(epoch FROM clock_timestamp()) * 1000))`,
  agoMs: `SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
      - substring(obj_description('${META}'::regclass, 'pg_class') FROM '([0-9]{13})$')::bigint AS ms`,
  forget: `COMMENT ON TABLE ${META} IS NULL`,
} as const;

/**
 * A dump reads the table for as long as it lasts. The weaker lock keeps out vacuums, and no host waits behind it: the server
 * ends an automatic vacuum that is in the way, but only after more time than the stronger lock may take.
 */
const TAKE_JOBS = `DO $$ BEGIN
    LOCK TABLE jobs IN SHARE UPDATE EXCLUSIVE MODE;
    SET LOCAL lock_timeout = ${TABLE_MS};
    LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE;
  EXCEPTION WHEN lock_not_available THEN
    ${LAST_TRY.note};
  END $$`;

const IN_USE =
  "The upgrade of the queue waits for another program that uses the table of jobs, such as a dump or a vacuum.";

/**
 * Brings the schema up to date, and creates it if it is missing. A step that rewrites every job takes about 5 seconds per
 * million jobs.
 * @throws {StorageError} if it is newer than this program, or belongs to another one; a passing one if another process is
 * migrating it, or another program has locked the tables
 */
export async function migrate(client: Client, schema: string): Promise<void> {
  const pauseMs = await client.longTransaction(async (tx) => {
    await takeTurn(tx, schema);
    if (await versionOf(tx, schema) === null) await create(tx, schema);
    const version = await versionOf(tx, schema) ?? 0;
    assertKnown(version, schema);
    const pauseMs = version > 0 && version < SCHEMA_VERSION ? await takeJobs(tx) : 0;
    if (pauseMs === 0) await migrateFrom(version, tx);
    return pauseMs;
  });
  if (pauseMs > 0) throw new StorageError(IN_USE, { passing: true, pauseMs, publicMessage: IN_USE });
}

async function migrateFrom(version: number, tx: Tx): Promise<void> {
  if (version === SCHEMA_VERSION) return;
  for (const step of MIGRATIONS.slice(version)) await tx.script(step);
  await tx.query(`DELETE FROM ${META}`, []);
  await tx.query(`INSERT INTO ${META} (version) VALUES ($1::int)`, [SCHEMA_VERSION]);
  await tx.script(LAST_TRY.forget);
}

async function takeTurn(tx: Tx, schema: string): Promise<void> {
  await tx.script(`SET LOCAL lock_timeout = ${TURN_MS}`);
  try {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtext('persistent_queue'), hashtext($1::text))`, [
      schema,
    ]);
  } catch (error) {
    if (!isLocked(error)) throw error;
    throw new StorageError("Another process is bringing the tables up to date.", {
      cause: error,
      passing: true,
    });
  }
  await tx.script(`SET LOCAL lock_timeout = ${LOCK_MS}`);
}

/** Returns 0, or how long to wait before the next try: that of another host may have been a moment ago. */
async function takeJobs(tx: Tx): Promise<number> {
  const pauseMs = await pauseLeft(tx);
  if (pauseMs > 0) return pauseMs;
  await tx.script(TAKE_JOBS);
  await tx.script(`SET LOCAL lock_timeout = ${LOCK_MS}`);
  return await pauseLeft(tx);
}

async function pauseLeft(tx: Tx): Promise<number> {
  const [row] = await tx.query(LAST_TRY.agoMs, []);
  const agoMs = Number(row?.ms ?? PAUSE_MS);
  // The server's clock may have been set back since then.
  return agoMs >= 0 ? Math.max(0, PAUSE_MS - agoMs) : 0;
}

/** @throws {StorageError} unless the schema exists in this version */
export async function assertCurrent(client: Client, schema: string): Promise<void> {
  const version = await versionOf(client, schema);
  if (version === null) {
    throw new StorageError(
      `The schema "${schema}" holds no queue: check QUEUE_URL, or start the system once, which makes one.`,
    );
  }
  assertKnown(version, schema);
  if (version < SCHEMA_VERSION) {
    throw new StorageError(
      `The queue in the schema "${schema}" was made by an older release (${version}, this one has ${SCHEMA_VERSION}): start the system once, which brings it up to date.`,
    );
  }
}

export async function hasQueue(client: Client, schema: string): Promise<boolean> {
  return await versionOf(client, schema) !== null;
}

function assertKnown(version: number, schema: string): void {
  if (version <= SCHEMA_VERSION) return;
  throw new StorageError(
    `The queue in the schema "${schema}" was made by a newer release (${version}, this one knows ${SCHEMA_VERSION}): upgrade this program.`,
  );
}

/**
 * Null: there is no queue in this schema. Reads the catalog itself: functions such as `to_regclass` may still have cached
 * that the schema did not exist before another process created it.
 */
async function versionOf(tx: Tx, schema: string): Promise<number | null> {
  const tables = await tablesOf(tx, schema);
  if (!tables.includes(META)) return null;
  // By its full name: otherwise a user who may not use the schema is told that the table does not exist.
  const [row] = await tx.query(`SELECT version FROM "${schema}".${META}`, []);
  return Number(row?.version ?? 0);
}

async function tablesOf(tx: Tx, schema: string): Promise<string[]> {
  const rows = await tx.query(
    `SELECT relname AS name FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
      WHERE nspname = $1::text`,
    [schema],
  );
  return rows.map(({ name }) => String(name));
}

/** A schema that already holds tables belongs to another program: it is refused, never adopted. */
async function create(tx: Tx, schema: string): Promise<void> {
  if ((await tablesOf(tx, schema)).length > 0) {
    throw new StorageError(
      `The schema "${schema}" belongs to another program: name one of its own in QUEUE_URL, for example ?schema=jobs.`,
    );
  }
  const [there] = await tx.query(`SELECT 1 FROM pg_namespace WHERE nspname = $1::text`, [schema]);
  if (there === undefined) await createSchema(tx, schema);
  await tx.script(`CREATE TABLE ${META} (version integer NOT NULL)`);
}

/** A user who may not create schemas can be given an empty one. */
async function createSchema(tx: Tx, schema: string): Promise<void> {
  const [row] = await tx.query(
    `SELECT has_database_privilege(current_database(), 'CREATE') AS may, quote_ident(current_user) AS name`,
    [],
  );
  if (row?.may !== true) {
    throw new StorageError(
      `There is no schema "${schema}", and the user may not make one: as the owner of the database, run CREATE SCHEMA "${schema}" AUTHORIZATION ${row?.name}, and start again.`,
    );
  }
  await tx.script(`CREATE SCHEMA "${schema}"`);
}
