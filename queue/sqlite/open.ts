/**
 * Opens the database file, or makes it. Whatever is not surely ours and sound is refused with a sentence, never
 * adopted: an empty file in the place of a database is a lost database, not a new one.
 */
import { DatabaseSync } from "node:sqlite";
import { messageOf, StorageError } from "../errors.ts";
import { checkPages } from "./check.ts";
import { isStorageFault, toStorageError } from "./faults.ts";
import { migrate, SCHEMA_VERSION } from "./migrations.ts";

/** "PQJB": how a database says that it is one of ours (PRAGMA application_id). */
export const APPLICATION_ID = 0x50514a42;

/** Older ones can corrupt a database in WAL mode: https://www.sqlite.org/wal.html#walresetbug */
const OLDEST_SQLITE = [3, 51, 3];

const OPENING_PATIENCE_MS = 5_000;
/** While it runs nobody is waited for on the thread: a turn that finds the database locked tries again later. */
const RUNNING_PATIENCE_MS = 10;

export interface OpenOptions {
  /**
   * `owner`: the one supervisor. It checks the file before it trusts it, and never waits for somebody else's lock on
   * its thread. `guest`: a command beside it.
   */
  readonly role: "owner" | "guest";
}

export function openDatabase(path: string, options: OpenOptions): DatabaseSync {
  try {
    return open(path, options);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    if (isStorageFault(error)) throw toStorageError(error);
    throw new StorageError(`Cannot open the database ${path}: ${messageOf(error)}.`, { cause: error });
  }
}

function open(path: string, { role }: OpenOptions): DatabaseSync {
  if (!databaseExists(path)) create(path);
  // A clean stop folds the write-ahead log into the database and removes it.
  const unclean = (sizeOf(`${path}-wal`) ?? 0) > 0;
  const db = new DatabaseSync(path);
  try {
    assertVersion(db);
    db.exec(`PRAGMA busy_timeout = ${OPENING_PATIENCE_MS}`);
    assertOurs(db, path);
    if (role === "owner") assertSound(db, path, unclean);
    configure(db);
    migrate(db);
    if (role === "owner") db.exec(`PRAGMA busy_timeout = ${RUNNING_PATIENCE_MS}`);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Whether there is a file with something in it. An empty one is an error: it is what a lost database looks like. */
function databaseExists(path: string): boolean {
  const size = sizeOf(path);
  if (size !== 0) return size !== null;
  throw new StorageError(
    `The database ${path} is an empty file, so whatever it held is gone: restore a backup, or remove the file to begin anew.`,
  );
}

function sizeOf(path: string): number | null {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) {
      throw new StorageError(`Cannot open the database ${path}: it is not a file. Check QUEUE_URL.`);
    }
    return size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Made under another name and renamed when whole: a crash in between leaves no half database behind. */
function create(path: string): void {
  const folder = path.replace(/[^/]*$/, "");
  if (folder !== "") Deno.mkdirSync(folder, { recursive: true });
  const draft = `${path}.new`;
  removeDraft(draft);
  const db = new DatabaseSync(draft);
  try {
    db.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
    migrate(db);
  } finally {
    db.close();
  }
  Deno.renameSync(draft, path);
}

function removeDraft(draft: string): void {
  for (const file of [draft, `${draft}-journal`]) {
    try {
      Deno.removeSync(file);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function assertVersion(db: DatabaseSync): void {
  const version = String(db.prepare("SELECT sqlite_version() AS v").get()?.v);
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  const [a = 0, b = 0, c = 0] = OLDEST_SQLITE;
  const recent = major > a || (major === a && (minor > b || (minor === b && patch >= c)));
  if (!recent) {
    throw new StorageError(
      `SQLite ${version} can damage a database: use Deno 2.9.1 or newer (SQLite ≥ ${
        OLDEST_SQLITE.join(".")
      }).`,
    );
  }
}

function assertOurs(db: DatabaseSync, path: string): void {
  if (pragma(db, "application_id") !== APPLICATION_ID) {
    throw new StorageError(
      `The database ${path} belongs to another program: check QUEUE_URL. It was left untouched.`,
    );
  }
  const version = Number(pragma(db, "user_version"));
  if (version > SCHEMA_VERSION) {
    throw new StorageError(
      `The database ${path} was written by a newer release (schema ${version}, this one knows ${SCHEMA_VERSION}): upgrade, or restore a backup.`,
    );
  }
}

function assertSound(db: DatabaseSync, path: string, deep: boolean): void {
  const [problem] = checkPages(db, deep);
  if (problem) throw new StorageError(`${problem} Restore a backup of ${path} (README, Backup).`);
}

/** Set, then read back: a pragma that is not taken says nothing. */
function configure(db: DatabaseSync): void {
  const wanted = {
    journal_mode: "wal",
    synchronous: 2,
    journal_size_limit: 67_108_864,
    foreign_keys: 1,
    trusted_schema: 0,
  };
  for (const [name, value] of Object.entries(wanted)) {
    db.exec(`PRAGMA ${name} = ${value}`);
    const got = pragma(db, name);
    if (got !== value) {
      throw new StorageError(
        `SQLite would not set ${name} to ${value} (it says ${got}): is the database on a network file system?`,
      );
    }
  }
}

function pragma(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}
