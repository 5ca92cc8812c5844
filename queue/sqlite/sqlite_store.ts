/** The store on SQLite: one connection, one thread, one durable transaction per turn. */
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { CopyMark } from "../copy_mark.ts";
import type { Durability } from "../durability.ts";
import { StorageError } from "../errors.ts";
import type { Capabilities } from "../capabilities.ts";
import type { ClaimAnswer, ClaimOptions, ClaimRequest, Store } from "../store.ts";
import { assertNoConflict } from "../stored_job.ts";
import { backup } from "./backup.ts";
import { BallastFile } from "./ballast_file.ts";
import { check } from "./check.ts";
import { applyClockRollback, claim, type ClaimMoment } from "./claim.ts";
import { claimApart } from "./claim_apart.ts";
import { copyMarkIn } from "./copy_mark.ts";
import { fileWatch } from "./database_file.ts";
import { isStorageFault, toStorageError } from "./faults.ts";
import { GroupCommit } from "./group_commit.ts";
import { isInMemory } from "../in_memory.ts";
import { insert } from "./insert.ts";
import type { LateCheck } from "./late_check.ts";
import { move } from "./move.ts";
import type { Opened } from "./open.ts";
import { OutsideChanges } from "./outside_changes.ts";
import { isLocked, lockPath } from "./owner_lock.ts";
import { Parking } from "./parking.ts";
import { beat, join, listProcesses, orphans } from "./processes.ts";
import { dump, restore } from "./portable.ts";
import { get, getMany, list, prune, stats } from "./read.ts";
import { Recount } from "./recount.ts";
import { claimDespite, RefusedClaims } from "../storing/refused_claims.ts";
import { rescue } from "./rescue.ts";
import { renew, settle } from "./settle.ts";
import type { Statements } from "./statements.ts";
import { logWarnings, shrinkLargeLog, shrinkLog } from "./write_ahead_log.ts";
import { WriteProof } from "./write_proof.ts";

export class SqliteStore implements Store {
  readonly now: () => number;
  readonly shownTime: () => number;
  readonly capabilities: Capabilities;
  readonly copyMark: CopyMark;
  readonly takesCallsInOrder = true;
  readonly maxPrefetch = 512;
  readonly #path: string;
  readonly #db: DatabaseSync;
  readonly #sql: Statements;
  readonly #durability: Durability;
  readonly #lateCheck: LateCheck | null;
  /** Held by the owner. */
  readonly #lock: Disposable | null;
  readonly #reserve: BallastFile | null;
  readonly #proof: WriteProof;
  readonly #commits: GroupCommit;
  readonly #parking: Parking;
  readonly #refused = new RefusedClaims();
  readonly #recount: Recount | null;
  readonly #assertSameFiles: () => void;
  readonly #assertSameDatabase: () => void;
  readonly #watches = new Set<OutsideChanges>();
  /** The number of this process, once it has joined. */
  #process: number | null = null;
  #closed = false;

  constructor(
    path: string,
    { db, sql, lateCheck }: Opened,
    { lock, clock }: { readonly lock: Disposable | null; readonly clock: () => number },
  ) {
    const isOwner = lock !== null;
    this.now = this.shownTime = clock;
    this.#path = path;
    this.#durability = isInMemory(dirname(path)) ? "crash" : "power_loss";
    [this.#db, this.#sql, this.#lateCheck, this.#lock] = [db, sql, lateCheck, lock];
    this.#reserve = isOwner ? new BallastFile(path) : null;
    this.#proof = new WriteProof(db);
    this.#commits = new GroupCommit(db, {
      onFault: (error) => this.#proof.note(error),
      onFull: (why) => this.#reserve?.note(why),
      makeRoom: (why) => this.#reserve?.spend(why) ?? false,
    });
    this.#parking = new Parking(sql);
    this.#recount = isOwner ? new Recount(sql, this.#commits) : null;
    this.#assertSameFiles = fileWatch(path, [`${path}-wal`, ...(isOwner ? [lockPath(path)] : [])]);
    this.#assertSameDatabase = fileWatch(path, []);
    this.copyMark = copyMarkIn(db, {
      read: (work) => this.#read(work),
      write: (work) => this.#commits.write(work, { isRefusedWhenFull: true }),
    });
    this.capabilities = {
      backup: (target, how) => this.#read(() => backup(db, { from: path, to: target, ...how })),
      deepCheck: () => this.#read(() => check(db, sql, { deep: true })),
      hosts: { reason: "A queue on SQLite has one host: move it to PostgreSQL or Redis for more." },
      facts: { reason: "A queue on SQLite has one host: what outlives its process is in files beside it." },
    };
  }

  // Each write reads the clock when it runs, however long it has waited.

  insert: Store["insert"] = async (jobs) => {
    this.#reserve?.assertRoom();
    return await this.#commits.write(() => insert(this.#sql, jobs, this.now()), { isRefusedWhenFull: true });
  };

  claim: Store["claim"] = (requests, how = {}) => {
    const claimEach = (sql: Statements, asked: readonly ClaimRequest[], moment: ClaimMoment) =>
      claimApart(sql, asked, { ...moment, refused: this.#refused });
    const despite = (cause?: unknown) =>
      claimDespite(this.#refused, () => this.#claim(requests, how, claimEach), cause);
    return this.#refused.count > 0 ? despite() : this.#claim(requests, how, claim).catch(despite);
  };

  #claim(
    requests: readonly ClaimRequest[],
    { kinds, setBack = null }: ClaimOptions,
    work: typeof claim,
  ): Promise<ClaimAnswer> {
    return this.#commits.write(() => {
      if (setBack !== null) applyClockRollback(this.#sql, setBack);
      if (kinds !== undefined) this.#parking.admit(kinds);
      const parking = kinds === undefined ? null : this.#parking;
      return work(this.#sql, requests, { now: this.now(), process: this.#process, parking });
    }, { isDroppedAtClose: true });
  }

  renew: Store["renew"] = (leases) => this.#commits.write(() => renew(this.#sql, leases, this.now()));

  settle: Store["settle"] = (settlements) =>
    this.#commits.write(() => settle(this.#sql, settlements, this.now()));

  move: Store["move"] = (verb, ids, by) =>
    this.#commits.write(() => move(this.#sql, { verb, ids, now: this.now(), by }));

  /** Runs among the writes, so that a heartbeat which still waits for its commit counts. */
  orphans: Store["orphans"] = (request) => this.#commits.write(() => orphans(this.#sql, request, this.now()));

  prune: Store["prune"] = async (request) => {
    const pruned = await this.#commits.write(() => prune(this.#sql, request, this.now()));
    if (!this.#closed) shrinkLargeLog(this.#sql, this.#path);
    return pruned;
  };

  join: Store["join"] = async (process) => {
    const isOwner = this.#lock !== null;
    this.#process = await this.#commits.write(
      () => join(this.#sql, process, { now: this.now(), isOwner }),
      { isRefusedWhenFull: true },
    );
  };

  beat: Store["beat"] = (view) =>
    this.#commits.write(() => beat(this.#sql, this.#process, { now: this.now(), view }), {
      isRefusedWhenFull: true,
    });

  leave: Store["leave"] = async (id) => {
    await this.#commits.write(() => this.#sql.leave.run(id), { isRefusedWhenFull: true });
  };

  processes: Store["processes"] = ({ silentForMs }) =>
    this.#read(() => {
      const isOwned = () => this.#lock === null && isLocked(this.#path);
      return listProcesses(this.#sql, { now: this.now(), silentForMs, own: this.#process, isOwned });
    });

  get: Store["get"] = (id, how) => this.#read(() => get(this.#sql, id, how));

  getMany: Store["getMany"] = (seqs, how) => this.#read(() => getMany(this.#sql, seqs, how));

  list: Store["list"] = (query) => this.#read(() => list(this.#sql, query, this.now()));

  stats: Store["stats"] = ({ silentForMs }) =>
    this.#read(() => ({
      ...stats(this.#sql, { now: this.now(), silentForMs }),
      warnings: [...logWarnings(this.#path), ...this.#refused.warnings],
      durability: this.#durability,
    }));

  dump: Store["dump"] = (request) => this.#read(() => dump(this.#sql, request));

  restore: Store["restore"] = async (jobs) => {
    this.#reserve?.assertRoom();
    const write = () => restore(this.#sql, jobs);
    assertNoConflict(await this.#commits.write(write, { isRefusedWhenFull: true }));
  };

  watch(onChange: () => void): Disposable {
    this.#assertOpen();
    const [sql, parking, recount] = [this.#sql, this.#parking, this.#recount];
    const changes = new OutsideChanges({ sql, parking, recount, onChange });
    this.#watches.add(changes);
    return {
      [Symbol.dispose]: () => {
        changes[Symbol.dispose]();
        this.#watches.delete(changes);
      },
    };
  }

  probe(): Promise<void> {
    return this.#read(() => {
      this.#assertSameFiles();
      this.#lateCheck?.assertSound();
      this.#reserve?.assertRoom();
      this.#proof.assertWritable();
      for (const changes of this.#watches) changes.assertWorking();
      this.#sql.dataVersion.get();
    });
  }

  check(): Promise<string[]> {
    return this.#read(() => check(this.#db, this.#sql, { deep: false }));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const changes of this.#watches) changes[Symbol.dispose]();
    this.#lateCheck?.[Symbol.dispose]();
    this.#commits.close();
    if (this.#lock !== null && isLost(this.#assertSameDatabase)) await rescue(this.#db, this.#path);
    // Even while the late check still reads: an empty log marks a clean stop.
    if (this.#lock !== null) shrinkLog(this.#sql);
    this.#db.close();
    this.#lock?.[Symbol.dispose]();
  }

  #assertOpen(): void {
    if (this.#closed) throw new StorageError("The queue is closed: nothing more can be read.");
  }

  /** Reads see only committed data: no transaction stays open across turns. */
  async #read<T>(work: () => T | Promise<T>): Promise<T> {
    this.#assertOpen();
    try {
      return await work();
    } catch (error) {
      throw isStorageFault(error) ? toStorageError(error) : error;
    }
  }
}

function isLost(assertSame: () => void): boolean {
  try {
    assertSame();
    return false;
  } catch {
    return true;
  }
}
