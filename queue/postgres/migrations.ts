/**
 * The schema, in numbered steps: one that was released is never edited. All steps that are missing run in one transaction
 * under an advisory lock, so that of several processes that start at once one does it and the others wait.
 *
 * A process of the previous release may still be at work while a newer one migrates: a step adds, and removes nothing
 * that the previous release uses.
 */
import { StorageError } from "../errors.ts";
import type { Client, Tx } from "./client.ts";
import { isLocked } from "./faults.ts";
import jobs from "./migrations/0001_jobs.sql" with { type: "text" };
import facts from "./migrations/0002_facts.sql" with { type: "text" };
import idKeys from "./migrations/0003_id_keys.sql" with { type: "text" };

const MIGRATIONS = [jobs, facts, idKeys];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** The table that shows a schema to be ours, and of which version it is. */
const META = "persistent_queue";

const TURN_MS = 20_000;
/** While a step waits for the lock of a table, everything else that needs it waits behind the step. */
const LOCK_MS = 5_000;

/**
 * Brings the schema up to date, and creates it if it is missing. A step that writes each job anew takes some 5 seconds a
 * million.
 * @throws {StorageError} if it is newer than this program, or belongs to another one; a passing one if another process is
 * at it, or another program has locked the tables
 */
export async function migrate(client: Client, schema: string): Promise<void> {
  await client.longTransaction(async (tx) => {
    await takeTurn(tx, schema);
    if (await versionOf(tx, schema) === null) await create(tx, schema);
    const version = await versionOf(tx, schema) ?? 0;
    assertKnown(version, schema);
    for (const step of MIGRATIONS.slice(version)) await tx.script(step);
    if (version < SCHEMA_VERSION) {
      await tx.query(`DELETE FROM ${META}`, []);
      await tx.query(`INSERT INTO ${META} (version) VALUES ($1::int)`, [SCHEMA_VERSION]);
    }
  });
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

/** @throws {StorageError} unless the schema is there and of this version */
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

export async function isThere(client: Client, schema: string): Promise<boolean> {
  return await versionOf(client, schema) !== null;
}

function assertKnown(version: number, schema: string): void {
  if (version <= SCHEMA_VERSION) return;
  throw new StorageError(
    `The queue in the schema "${schema}" was made by a newer release (${version}, this one knows ${SCHEMA_VERSION}): upgrade this program.`,
  );
}

/**
 * Null: there is no queue in this schema. Asks the catalog itself: functions such as `to_regclass` may still remember that
 * the schema was not there before another process made it.
 */
async function versionOf(tx: Tx, schema: string): Promise<number | null> {
  const tables = await tablesOf(tx, schema);
  if (!tables.includes(META)) return null;
  // By its full name: otherwise a user who may not use the schema is told that there is no such table.
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

/** A schema that holds tables already belongs to another program: it is refused, never adopted. */
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
