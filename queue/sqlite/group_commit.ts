/**
 * Group commit: all writes that arrive in one turn of the event loop share one durable transaction.
 *
 * A write is a plain function that runs between BEGIN IMMEDIATE and COMMIT; its promise settles after COMMIT and never
 * before. If a write violates a rule or does not fit on the disk, the others are not affected: the turn is rolled back
 * and its writes run again one by one. Any other storage fault fails all of them.
 */
import { setImmediate } from "node:timers";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StorageError } from "../errors.ts";
import { isBusy, isFull, isStorageFault, toStorageError, toWriteError } from "./faults.ts";

interface Write {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
  /** Not worth doing once the store is closing. */
  readonly isDroppedAtClose: boolean;
  /** Refused on a full disk: it may not use the reserve. */
  readonly isRefusedWhenFull: boolean;
}

export interface GroupCommitOptions {
  /** A write has found the disk full. */
  readonly onFull: (why: string) => void;
  /** The disk is full, and this write must not be lost. Returns whether room was made. */
  readonly makeRoom: (why: string) => boolean;
  /** The storage failed for a reason other than a lock or a full disk. */
  readonly onFault: (error: StorageError) => void;
}

/** How long a write waits for another program's transaction. */
const PATIENCE_MS = 5_000;
const MANY_WRITES = 8;
/**
 * Rounds of the event loop between two transactions with many writes. A page takes one round to serve, but the runtime
 * polls for incoming data only about every sixty rounds. At full speed, with a transaction of ten milliseconds in each
 * round, a page took half a second.
 */
const ROUNDS = 32;
/**
 * A transaction takes no more writes after this time, or after twice the time of a commit on a slow disk, where more
 * writes have to share one.
 */
const MAX_MS = 5;
/** Smoothing factor of the mean commit time. */
const WEIGHT = 0.1;
const FIRST_RETRY_MS = 10;
const LAST_RETRY_MS = 250;

export class GroupCommit {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  #writes: Write[] = [];
  #scheduled = false;
  /** The last transaction had many writes. */
  #wasBusy = false;
  /** A moving average, because a commit that checkpoints the log takes ten times as long. */
  #commitMs = 0;
  #retryMs = FIRST_RETRY_MS;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  readonly #options: GroupCommitOptions;

  constructor(readonly db: DatabaseSync, options: GroupCommitOptions) {
    this.#options = options;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
  }

  /** Runs `work` in the transaction of this turn. Resolves with its result once that is durable. */
  write<T>(work: () => T, { isDroppedAtClose = false, isRefusedWhenFull = false } = {}): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new StorageError("The queue is closed: nothing more can be written."));
    }
    return new Promise<T>((resolve, reject) => {
      const since = performance.now();
      this.#writes.push({
        work,
        resolve: resolve as (value: unknown) => void,
        reject,
        since,
        isDroppedAtClose,
        isRefusedWhenFull,
      });
      this.#schedule();
    });
  }

  /** Runs the waiting writes, then refuses all later ones. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    const tooLate = new StorageError("The queue was closed before this could be written.");
    this.#abandon(this.#writes.filter((write) => write.isDroppedAtClose), tooLate);
    this.#writes = this.#writes.filter((write) => !write.isDroppedAtClose);
    this.#run();
    this.#abandon(this.#writes.splice(0), tooLate);
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#runAfter(this.#wasBusy ? ROUNDS : 1);
  }

  #runAfter(rounds: number): void {
    setImmediate(() => rounds > 1 ? this.#runAfter(rounds - 1) : this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    const writes = this.#writes;
    if (writes.length === 0) return;
    this.#writes = [];
    this.#wasBusy = writes.length >= MANY_WRITES;
    try {
      const maxMs = this.#closed ? Infinity : Math.max(MAX_MS, 2 * this.#commitMs);
      const answers = this.#transact(writes, { maxMs });
      this.#retryMs = FIRST_RETRY_MS;
      this.#writeLater(writes.slice(answers.length));
      for (const [i, answer] of answers.entries()) writes[i]?.resolve(answer);
    } catch (error) {
      if (isBusy(error)) this.#waitForOthers(writes, error);
      else if (isStorageFault(error) && !isFull(error)) this.#fail(writes, toStorageError(error));
      else this.#runOneByOne(writes);
    }
  }

  #writeLater(writes: readonly Write[]): void {
    if (writes.length === 0) return;
    this.#writes = writes.concat(this.#writes);
    this.#schedule();
  }

  /** Returns one result per write, for as many writes as there was time for. */
  #transact(writes: readonly Write[], { maxMs }: { maxMs: number }): unknown[] {
    // Ends a transaction whose rollback failed; nothing else would.
    this.#undo();
    this.#begin.run();
    try {
      const answers: unknown[] = [];
      const since = performance.now();
      for (const { work } of writes) {
        if (answers.length > 0 && performance.now() - since > maxMs) break;
        answers.push(work());
      }
      const written = performance.now();
      this.#commit.run();
      this.#commitMs += (performance.now() - written - this.#commitMs) * WEIGHT;
      return answers;
    } catch (error) {
      this.#undo();
      throw error;
    }
  }

  #transactOne(write: Write): unknown {
    return this.#transact([write], { maxMs: Infinity })[0];
  }

  #undo(): void {
    try {
      if (this.db.isTransaction) this.#rollback.run();
    } catch {
      // A rollback fails if SQLite has already rolled back; the first error is the one to report.
    }
  }

  /** One of several writes is bad or too large: each runs in its own transaction, so that only the bad one fails. */
  #runOneByOne(writes: readonly Write[]): void {
    const locked: Write[] = [];
    let lock: unknown;
    for (const write of writes) {
      try {
        write.resolve(this.#transactOne(write));
      } catch (error) {
        if (isBusy(error)) {
          locked.push(write);
          lock = error;
        } else if (isFull(error)) this.#runInReserve(write, error);
        else write.reject(toWriteError(error));
      }
    }
    if (locked.length > 0) this.#waitForOthers(locked, lock);
  }

  #runInReserve(write: Write, error: unknown): void {
    const full = toStorageError(error);
    this.#options.onFull(full.message);
    if (write.isRefusedWhenFull || !this.#options.makeRoom(full.message)) return write.reject(full);
    try {
      write.resolve(this.#transactOne(write));
    } catch (cause) {
      write.reject(toWriteError(cause));
    }
  }

  /** Another program is writing. Meanwhile the thread stays free for pages and heartbeats. */
  #waitForOthers(writes: Write[], error: unknown): void {
    const latest = performance.now() - PATIENCE_MS;
    const patient = this.#closed ? [] : writes.filter((write) => write.since > latest);
    this.#abandon(writes.filter((write) => !patient.includes(write)), toStorageError(error));
    if (patient.length === 0) return;
    this.#writes = patient.concat(this.#writes);
    this.#scheduled = true;
    this.#retryTimer = setTimeout(() => this.#run(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #fail(writes: readonly Write[], error: StorageError): void {
    this.#options.onFault(error);
    this.#abandon(writes, error);
  }

  #abandon(writes: readonly Write[], error: StorageError): void {
    for (const write of writes) write.reject(error);
  }
}
