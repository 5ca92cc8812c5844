/** The store on SQLite: one connection, one thread, one durable transaction per turn. */
import { messageOf, StorageError } from "../errors.ts";
import { lateness } from "../clock_rollback.ts";
import type { Store } from "../store.ts";
import { backup } from "./backup.ts";
import { check } from "./check.ts";
import { claim, followSetBack } from "./claim.ts";
import { createDatabase, databaseExists, fileWatch, makeFolder, refuseLink } from "./database_file.ts";
import { isStorageFault, toStorageError } from "./faults.ts";
import { assertOwnFile, makePrivate } from "./file_mode.ts";
import { insert } from "./insert.ts";
import { lockAsOwner, lockPath, lockUnless } from "./owner_lock.ts";
import { move } from "./move.ts";
import { ForeignDatabaseError, openDatabase, type Opened, type OpenOptions, toOpeningError } from "./open.ts";
import { orphans } from "./orphans.ts";
import { OutsideChanges } from "./outside_changes.ts";
import { Parking } from "./parking.ts";
import { get, getMany, list, prune, stats } from "./read.ts";
import { Recount } from "./recount.ts";
import { rescue } from "./rescue.ts";
import { BallastFile } from "./ballast_file.ts";
import { adoptDump } from "./restored_dump.ts";
import { renew, settle } from "./settle.ts";
import { GroupCommit } from "./group_commit.ts";
import { WriteProof } from "./write_proof.ts";
import { logWarnings, shrinkLargeLog, shrinkLog } from "./write_ahead_log.ts";

/** @throws {StorageError} for every file that cannot be trusted; its sentence says what to do. */
export async function openSqliteStore(path: string, options: OpenOptions): Promise<Store> {
  try {
    return await open(path, options);
  } catch (error) {
    if (error instanceof StorageError) throw error;
    throw new StorageError(
      `Cannot open the database ${path}: ${messageOf(error)}. Check QUEUE_URL and permissions.`,
      {
        cause: error,
      },
    );
  }
}

async function open(path: string, options: OpenOptions): Promise<Store> {
  const { role, mustExist = false } = options;
  if (mustExist && !databaseExists(path)) throw noDatabase(path);
  makeFolder(path);
  refuseLink(path);
  if (role === "owner") makePrivate(path);
  else assertOwnFile(path);
  using undo = new DisposableStack();
  const lock = role === "owner" ? undo.use(await lockAsOwner(path)) : null;
  const { db, sql, endedUncleanly, lateCheck } = await openOrUnlock(path, { ...options, lock });
  undo.adopt(lateCheck, (check) => check?.[Symbol.dispose]());
  undo.adopt(db, () => db.close());
  const reserve = role === "owner" ? new BallastFile(path) : null;
  const proof = new WriteProof(db);
  const commits = new GroupCommit(db, {
    onFault: (error) => proof.note(error),
    onFull: (why) => reserve?.note(why),
    makeRoom: (why) => reserve?.spend(why) ?? false,
  });
  const parking = new Parking(sql);
  const recount = role === "owner" ? new Recount(sql, commits) : null;
  const assertSameFiles = fileWatch(path, [`${path}-wal`, ...(lock === null ? [] : [lockPath(path)])]);
  const assertSameDatabase = fileWatch(path, []);
  const watches = new Set<OutsideChanges>();
  let closed = false;

  function assertOpen(): void {
    if (closed) throw new StorageError("The queue is closed: nothing more can be read.");
  }

  /** Reads see committed data only: no turn stays open between two events. */
  async function read<T>(work: () => T | Promise<T>): Promise<T> {
    assertOpen();
    try {
      return await work();
    } catch (error) {
      throw isStorageFault(error) ? toStorageError(error) : error;
    }
  }

  function readForPage<T>(work: () => T): Promise<T> {
    commits.noteReader();
    return read(work);
  }

  undo.move();
  return {
    endedUncleanly,
    insert: async (jobs) => {
      reserve?.assertRoom();
      return await commits.write(() => insert(sql, jobs), { isRefusedWhenFull: true });
    },
    claim: (requests, now, { kinds, setBack = null } = {}) => {
      const late = lateness();
      return commits.write(() => {
        if (setBack !== null) followSetBack(sql, setBack);
        if (kinds !== undefined) parking.admit(kinds);
        return claim(sql, requests, { now: now + late(), parking: kinds === undefined ? null : parking });
      }, { isDroppedAtClose: true });
    },
    renew: (leases, now) => commits.write(() => renew(sql, leases, now)),
    settle: (settlements) => commits.write(() => settle(sql, settlements)),
    move: (verb, ids, now, by) => commits.write(() => move(sql, { verb, ids, now, by })),
    // In the order of the writes: a heartbeat that still waits for its commit counts.
    orphans: (request) => commits.write(() => orphans(sql, request)),
    prune: async (request) => {
      const answer = await commits.write(() => prune(sql, request));
      if (!closed) shrinkLargeLog(sql, path);
      return answer;
    },
    get: (id, how) => readForPage(() => get(sql, id, how)),
    getMany: (seqs, how) => readForPage(() => getMany(sql, seqs, how)),
    list: (query) => readForPage(() => list(sql, query)),
    stats: (moment) => readForPage(() => ({ ...stats(sql, moment), warnings: logWarnings(path) })),
    watch: (onChange) => {
      assertOpen();
      const changes = new OutsideChanges({ sql, parking, recount, onChange });
      watches.add(changes);
      return {
        [Symbol.dispose]: () => {
          changes[Symbol.dispose]();
          watches.delete(changes);
        },
      };
    },
    probe: () =>
      read(() => {
        assertSameFiles();
        lateCheck?.assertSound();
        reserve?.assertRoom();
        proof.assertWritable();
        for (const changes of watches) changes.assertWorking();
        sql.dataVersion.get();
      }),
    check: () => read(() => check(db, sql, { deep: false })),
    capabilities: {
      backup: (target, how) => read(() => backup(db, { from: path, to: target, ...how })),
      deepCheck: () => read(() => check(db, sql, { deep: true })),
    },
    close: async () => {
      if (closed) return;
      closed = true;
      for (const changes of watches) changes[Symbol.dispose]();
      lateCheck?.[Symbol.dispose]();
      commits.close();
      if (lock !== null && isLost(assertSameDatabase)) await rescue(db, path);
      // Also while the late check still reads: an empty log marks a clean stop.
      if (lock !== null) shrinkLog(sql);
      db.close();
      lock?.[Symbol.dispose]();
    },
  };
}

function noDatabase(path: string): StorageError {
  return new StorageError(
    `There is no database ${path}: check QUEUE_URL, and the folder in which the command was called.`,
  );
}

function isLost(assertSame: () => void): boolean {
  try {
    assertSame();
    return false;
  } catch {
    return true;
  }
}

async function openOrUnlock(
  path: string,
  { role, onCreated = () => {}, lock }: OpenOptions & { lock: Disposable | null },
): Promise<Opened> {
  try {
    if (lock === null) await createAsGuest(path, onCreated);
    else if (!databaseExists(path)) createDatabase(path);
    return openOrAdopt(path, role);
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw isStorageFault(error) ? toOpeningError(error, path) : error;
  }
}

function openOrAdopt(path: string, role: OpenOptions["role"]): Opened {
  try {
    return openDatabase(path, { role });
  } catch (error) {
    if (role !== "owner" || !(error instanceof ForeignDatabaseError) || !adoptDump(path)) throw error;
    return openDatabase(path, { role });
  }
}

/** A command may run before the first start or at the same moment: the holder of the lock creates the database. */
async function createAsGuest(path: string, onCreated: (path: string) => void): Promise<void> {
  using lock = await lockUnless(path, () => databaseExists(path));
  if (lock === null || databaseExists(path)) return;
  createDatabase(path);
  onCreated(path);
}
