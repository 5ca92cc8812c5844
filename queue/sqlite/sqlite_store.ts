/** The store on SQLite: one connection, one thread, one durable transaction per turn. */
import { messageOf, StorageError } from "../errors.ts";
import type { Store } from "../store.ts";
import { backup } from "./backup.ts";
import { check } from "./check.ts";
import { claim } from "./claim.ts";
import { isStorageFault, toStorageError } from "./faults.ts";
import { insert } from "./insert.ts";
import { lockAsOwner } from "./owner_lock.ts";
import { move } from "./move.ts";
import { openDatabase, type OpenOptions } from "./open.ts";
import { get, list, prune, stats } from "./read.ts";
import { reap } from "./reap.ts";
import { number } from "./rows.ts";
import { renew, settle } from "./settle.ts";
import { prepareAll } from "./statements.ts";
import { Turn } from "./turn.ts";

/** @throws {StorageError} with a sentence that says what to do, for every file that cannot be trusted. */
export async function openSqliteStore(path: string, options: OpenOptions): Promise<Store> {
  if (options.role === "owner") makeFolder(path);
  const lock = options.role === "owner" ? await lockAsOwner(path) : null;
  const db = openOrUnlock(path, options, lock);
  const sql = prepareAll(db);
  const turn = new Turn(db);
  const { ino } = Deno.statSync(path);
  let closed = false;

  /** Reads see what is committed: no turn is ever open between two events. */
  async function read<T>(work: () => T | Promise<T>): Promise<T> {
    if (closed) throw new StorageError("The queue is closed: nothing more can be read.");
    try {
      return await work();
    } catch (error) {
      throw isStorageFault(error) ? toStorageError(error) : error;
    }
  }

  return {
    insert: (jobs) => turn.write(() => insert(sql, jobs)),
    claim: (requests, now) => turn.write(() => claim(sql, requests, now)),
    renew: (leases, now) => turn.write(() => renew(sql, leases, now)),
    settle: (settlements) => turn.write(() => settle(sql, settlements)),
    move: (verb, ids, now) => turn.write(() => move(sql, verb, ids, now)),
    reap: (request) => turn.write(() => reap(sql, request)),
    prune: (request) => turn.write(() => prune(sql, request)),
    get: (id) => read(() => get(sql, id)),
    list: (query) => read(() => list(sql, query)),
    stats: (now) => read(() => stats(sql, now)),
    foreignWrites: () =>
      read(() => {
        assertSameFile(path, ino);
        return number(sql.foreignWrites.get()?.data_version);
      }),
    check: (how) => read(() => check(db, sql, how)),
    backup: (target) => read(() => backup(db, target)),
    close: () => {
      if (closed) return Promise.resolve();
      closed = true;
      turn.close();
      db.close();
      lock?.[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function makeFolder(path: string): void {
  const folder = path.replace(/[^/]*$/, "");
  if (folder === "") return;
  try {
    Deno.mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new StorageError(
      `Cannot make the folder ${folder}: ${messageOf(error)}. Check QUEUE_URL and permissions.`,
    );
  }
}

function openOrUnlock(path: string, options: OpenOptions, lock: Disposable | null) {
  try {
    return openDatabase(path, options);
  } catch (error) {
    lock?.[Symbol.dispose]();
    throw error;
  }
}

/** Writes into a deleted file go on succeeding, so somebody has to look. */
function assertSameFile(path: string, ino: number | null): void {
  try {
    if (Deno.statSync(path).ino === ino) return;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  throw new StorageError(
    `The database ${path} was deleted or replaced while the system ran: put it back or restore a backup, then start again.`,
    { passing: false },
  );
}
