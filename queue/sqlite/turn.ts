/**
 * Group commit: all writes that arrive in one turn of the event loop share one durable transaction.
 *
 * A write is a plain function that runs between BEGIN IMMEDIATE and COMMIT; its promise settles after COMMIT and never
 * before. A write that breaks a rule, or does not fit on the disk, takes nobody with it: the turn is rolled back and its
 * writes run again one by one. Any other fault of the storage is everybody's.
 */
import { setImmediate } from "node:timers";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { StorageError } from "../errors.ts";
import { isBusy, isFull, isStorageFault, toStorageError } from "./faults.ts";

interface Write {
  readonly work: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly since: number;
  /** Not worth doing any more once the store closes. */
  readonly isDroppedAtClose: boolean;
  /** Refused on a full disk: the room that was put by is not for it. */
  readonly isRefusedWhenFull: boolean;
}

export interface TurnOptions {
  /** A write found the disk full. */
  readonly onFull: (why: string) => void;
  /** The disk is full, and this write must not be lost. Answers whether room was made. */
  readonly makeRoom: (why: string) => boolean;
  /** The storage failed, neither locked nor full. */
  readonly onFault: (error: StorageError) => void;
}

/** For how long a write waits for somebody else's transaction to end. */
const PATIENCE_MS = 5_000;
const MANY_WRITES = 8;
/**
 * A request of the pages needs some twenty rounds of the event loop, and what it waits for some more: at full speed there
 * was a transaction of ten milliseconds in each of them, and a page took half a second. So there are some rounds between
 * two of them, and a transaction takes no new write after some time, or twice the time of its commit, where the disk is
 * slow: then more has to share one.
 */
const SHARED = { loops: 32, mostMs: 5 };
/** Where somebody has just read: so many rounds that a page is whole, though that costs a drain a tenth. */
const READ = { loops: 256, mostMs: 2 };
/** Whoever has read within this may do so again. */
const READER_MS = 1_000;
/** Of the last one in the mean. */
const WEIGHT = 0.1;
const FIRST_RETRY_MS = 10;
const LAST_RETRY_MS = 250;

export class Turn {
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #rollback: StatementSync;
  #writes: Write[] = [];
  #scheduled = false;
  /** The last transaction had many writes, and took its time. */
  #wasBusy = false;
  /** A mean: one that copies the log into the database takes ten times as long. */
  #commitMs = 0;
  #readAt = -Infinity;
  #retryMs = FIRST_RETRY_MS;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  readonly #options: TurnOptions;

  constructor(readonly db: DatabaseSync, options: TurnOptions) {
    this.#options = options;
    this.#begin = db.prepare("BEGIN IMMEDIATE");
    this.#commit = db.prepare("COMMIT");
    this.#rollback = db.prepare("ROLLBACK");
  }

  /** Runs `work` in the transaction of this turn. Resolves with its answer once that is durable. */
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

  /** Somebody reads, and has to find the thread free now and then. */
  noteReader(): void {
    this.#readAt = performance.now();
  }

  /** Writes what is waiting, then refuses all that comes later. */
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
    this.#runAfter(this.#wasBusy ? this.#pace.loops : 1);
  }

  get #pace(): typeof SHARED {
    return performance.now() - this.#readAt < READER_MS ? READ : SHARED;
  }

  #runAfter(loops: number): void {
    setImmediate(() => loops > 1 ? this.#runAfter(loops - 1) : this.#run());
  }

  #run(): void {
    this.#scheduled = false;
    const writes = this.#writes;
    if (writes.length === 0) return;
    this.#writes = [];
    this.#wasBusy = writes.length >= MANY_WRITES;
    try {
      const mostMs = this.#closed ? Infinity : Math.max(this.#pace.mostMs, 2 * this.#commitMs);
      const answers = this.#transact(writes, { mostMs });
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

  /** Answers one by one, for as many as there was time for. */
  #transact(writes: readonly Write[], { mostMs }: { mostMs: number }): unknown[] {
    // After a rollback that failed, which nothing else would ever end.
    this.#undo();
    this.#begin.run();
    try {
      const answers: unknown[] = [];
      const since = performance.now();
      for (const { work } of writes) {
        if (answers.length > 0 && performance.now() - since > mostMs) break;
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
    return this.#transact([write], { mostMs: Infinity })[0];
  }

  #undo(): void {
    try {
      if (this.db.isTransaction) this.#rollback.run();
    } catch {
      // A rollback that fails has been done by SQLite already; the first error is the one worth telling.
    }
  }

  /** One of several writes is bad, or too much: each gets a transaction of its own, so that only the bad one fails. */
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
        else write.reject(toTold(error));
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
      write.reject(toTold(cause));
    }
  }

  /** Somebody else is writing. The thread goes on meanwhile: pages answer, heartbeats arrive. */
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

function toTold(error: unknown): unknown {
  return isStorageFault(error) ? toStorageError(error) : error;
}
