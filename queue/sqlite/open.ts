/** Opens the database file. A file that is not certainly ours and sound is refused with a sentence, never adopted. */
import { DatabaseSync } from "node:sqlite";
import { UnfinishedCopy } from "../copy_mark.ts";
import { messageOf, StorageError } from "../errors.ts";
import { checkPages, correctCounts } from "./check.ts";
import { isMarked } from "./copy_mark.ts";
import { removeIfThere } from "../basics/files.ts";
import { APPLICATION_ID, sizeOf } from "./database_file.ts";
import { isBusy, isFull, isReadOnly, isStorageFault, isUnopenable, toStorageError } from "./faults.ts";
import { whoMayWrite } from "./file_mode.ts";
import { CHECKED_AT_ONCE_BYTES, LateCheck } from "./late_check.ts";
import { migrate, SCHEMA_VERSION } from "./migrations.ts";
import { prepareAll, type Statements } from "./statements.ts";

/** Older versions can corrupt a database in WAL mode: https://www.sqlite.org/wal.html#walresetbug */
const OLDEST_SQLITE = [3, 51, 3];

/** How long opening waits for a lock. A supervisor tries again, and its thread serves pages in between. */
const OPENING_PATIENCE_MS = { owner: 500, guest: 5_000 } as const;
/** Once running, the thread does not block on a lock: a turn that finds the database locked tries again later. */
const RUNNING_PATIENCE_MS = 10;

export interface OpenOptions {
  /**
   * `owner`: the one supervisor. It checks the file before it trusts it, and its thread never blocks on another
   * program's lock. `guest`: a command beside it.
   */
  readonly role: "owner" | "guest";
  /** Milliseconds since 1970; the machine's clock unless given. */
  readonly clock?: () => number;
  /** Does not create a missing database. */
  readonly mustExist?: boolean;
  /** Called with the path of a database that a guest has created. */
  readonly onCreated?: (path: string) => void;
  /** Called if another owner holds the lock. */
  readonly onHeld?: (why: string) => void;
}

/** The database lacks our mark: it is another program's, or it was restored from a dump. */
export class ForeignDatabaseError extends StorageError {}

export interface Opened {
  readonly db: DatabaseSync;
  readonly sql: Statements;
  /** Still running if the database is large. */
  readonly lateCheck: LateCheck | null;
}

/** @throws {StorageError} */
export function openDatabase(path: string, options: OpenOptions): Opened {
  const hadLog = sizeOf(`${path}-wal`) !== null;
  try {
    return open(path, options);
  } catch (error) {
    const openingError = toOpeningError(error, path);
    if (isReadOnly(error) && options.role === "owner" && !hadLog) removeLog(path);
    throw openingError;
  }
}

/** A read-only connection leaves its log behind, and the next connection that may write cannot use it. */
function removeLog(path: string): void {
  if ((sizeOf(`${path}-wal`) ?? 0) > 0) return;
  for (const suffix of ["-wal", "-shm"]) removeIfThere(path + suffix);
}

/** Only another program's lock and a full disk go away by themselves, so a start waits only for these. */
export function toOpeningError(error: unknown, path: string): StorageError {
  if (error instanceof StorageError) return error;
  const passing = isBusy(error) || isFull(error);
  if (isReadOnly(error)) return deniedError(path, "written", error);
  if (isUnopenable(error) && sizeOf(path) !== null) return deniedError(path, "opened", error);
  if (!isStorageFault(error)) {
    return new StorageError(`Cannot open the database ${path}: ${messageOf(error)}.`, { cause: error });
  }
  const { message, publicMessage } = toStorageError(error);
  return new StorageError(message, { cause: error, passing, publicMessage });
}

/** The files belong to another user, or their modes deny access: `toDo` cannot be done with them. */
export function deniedError(path: string, toDo: "opened" | "written", cause: unknown): StorageError {
  return new StorageError(`The database ${path} cannot be ${toDo}: ${whoMayWrite(path)}.`, { cause });
}

function open(path: string, { role }: OpenOptions): Opened {
  // A clean stop checkpoints the write-ahead log into the database and removes it.
  const isUnclean = (sizeOf(`${path}-wal`) ?? 0) > 0;
  const isLarge = (sizeOf(path) ?? 0) > CHECKED_AT_ONCE_BYTES;
  // The last connection to close checkpoints the log into whatever file has the database's name, unless it is read-only.
  const timeout = OPENING_PATIENCE_MS[role];
  using reader = isUnclean ? new DatabaseSync(path, { readOnly: true, timeout }) : null;
  if (reader !== null) assertOurs(reader, path);
  const db = new DatabaseSync(path, { timeout });
  try {
    assertVersion(db);
    assertOurs(db, path);
    return role === "owner" ? asOwner(db, { path, isUnclean, isLarge }) : asGuest(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
}

interface OwnedFile {
  readonly path: string;
  /** The last owner did not stop cleanly. */
  readonly isUnclean: boolean;
  /** Checking all of it takes longer than a start should. */
  readonly isLarge: boolean;
}

/** Checks the file before it trusts it, brings it up to date, and never waits long for a lock from then on. */
function asOwner(db: DatabaseSync, { path, isUnclean, isLarge }: OwnedFile): Opened {
  if (isMarked(db)) throw new UnfinishedCopy();
  if (!isLarge) assertSound(db, path, { deep: isUnclean });
  configure(db);
  assertWritable(db);
  migrate(db);
  dropStatistics(db);
  db.exec(`PRAGMA busy_timeout = ${RUNNING_PATIENCE_MS}`);
  // Otherwise the statement journal spills to a file once a claim has changed sixteen pages, for everything that
  // follows in its turn, which doubles the cost of each job. A migration may need more than memory holds.
  db.exec("PRAGMA temp_store = MEMORY");
  const sql = prepareAll(db);
  correctCounts(db, sql);
  return { db, sql, lateCheck: isLarge ? new LateCheck(path, { deep: isUnclean }) : null };
}

function asGuest(db: DatabaseSync, path: string): Opened {
  configure(db);
  assertCurrent(db, path);
  return { db, sql: prepareAll(db), lateCheck: null };
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
    throw new ForeignDatabaseError(
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

/** A running supervisor relies on its schema, so a command beside it does not migrate. */
function assertCurrent(db: DatabaseSync, path: string): void {
  const version = Number(pragma(db, "user_version"));
  if (version === SCHEMA_VERSION) return;
  throw new StorageError(
    `The database ${path} was written by an older release (schema ${version}, this one has ${SCHEMA_VERSION}): start the system once, which brings it up to date.`,
  );
}

function assertSound(db: DatabaseSync, path: string, depth: { readonly deep: boolean }): void {
  const [problem] = checkPages(db, depth);
  if (problem) {
    throw new StorageError(`${problem} Restore a backup of ${path} (see Backup in docs/operations.md).`);
  }
}

/** A read-only connection raises no error before its first write, not even at BEGIN IMMEDIATE. */
function assertWritable(db: DatabaseSync): void {
  try {
    db.prepare("BEGIN IMMEDIATE").run();
    db.prepare(`PRAGMA user_version = ${pragma(db, "user_version")}`).run();
  } catch (error) {
    // Another program is writing: the first turn will wait for it.
    if (!isBusy(error)) throw error;
  } finally {
    if (db.isTransaction) db.prepare("ROLLBACK").run();
  }
}

/** Sets each pragma and reads it back, because SQLite reports no error for a value that it rejects. */
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

/** After an ANALYZE of a queue with few jobs, every claim would scan the whole table, however large it has become. */
function dropStatistics(db: DatabaseSync): void {
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_stat1'").get() === undefined) return;
  // The connection keeps the statistics until it reads the schema again.
  db.exec("DROP TABLE sqlite_stat1; DROP TABLE IF EXISTS sqlite_stat4; PRAGMA writable_schema = RESET");
}

function pragma(db: DatabaseSync, name: string): unknown {
  return Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}
