/**
 * Records, for the next process, whether a request is in progress, how often that has excused a death, and a clean stop.
 * If a request kills the process, the jobs that ran beside it must not be charged; nor must jobs that a clean stop could
 * not give back, because the storage was locked or away.
 *
 * A small file holds two characters: "1" while a request is in progress, "2" after a clean stop, else "0"; then the
 * number of uncharged recoveries in a row. The id of the process follows, because on a server its death may be noticed
 * only after the next process has started, and the deaths of other hosts do not count here. The file is not synced: it
 * survives the process, and after a power loss jobs are charged as if there were no record.
 *
 * A process keeps the file locked, and the kernel releases the lock however the process dies: the next one that
 * gets it knows that the last process has ended.
 */
import { judgeDeath } from "../policy/deaths.ts";
import { PRIVATE_FILE } from "../basics/files.ts";

const QUIET = 0x30;
const BUSY = 0x31;
const STOPPED = 0x32;
const ID_BYTES = 36;
/** A process that has lived this long was not killed by what caused the earlier deaths. */
const STABLE_MS = 600_000;

/** Why no job is charged for the end of a process. */
const OF_A_REQUEST = "The process died while it worked on a request, so no job is charged for that";
const OF_A_STOP = "The system stopped while nothing could be stored, so no job is charged for that";

export interface Judgement {
  /** Null: the jobs of the process are charged for its death. */
  readonly excuse: string | null;
}

export const CHARGED: Judgement = { excuse: null };

export interface RequestRecordOptions {
  /** Null: nothing is written, and every death is charged. */
  readonly path: string | null;
  readonly now: () => number;
}

interface LastProcess {
  readonly hasStopped: boolean;
  readonly requestInProgress: boolean;
  readonly uncharged: number;
  /** Null: it left no id. */
  readonly process: string | null;
}

export class RequestRecord {
  readonly #file: Deno.FsFile | null;
  readonly #isLocked: boolean;
  readonly #now: () => number;
  readonly #startedAt: number;
  readonly #last: LastProcess;
  #process = "";
  #uncharged: number;
  #inProgress = 0;
  #hasStopped = false;
  #verdict: Judgement | null = null;
  /** The file still describes the last process, and is not changed. */
  #isOfLast = true;

  constructor({ path, now }: RequestRecordOptions) {
    this.#file = path === null ? null : open(path);
    this.#isLocked = this.#file !== null && lock(this.#file);
    this.#now = now;
    this.#startedAt = now();
    this.#last = this.#read();
    this.#uncharged = this.#last.uncharged;
  }

  /** Marks the start of a request, and returns the function to call at its end. Calling that again does nothing. */
  begin(): () => void {
    if (++this.#inProgress === 1) this.#write();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      if (--this.#inProgress === 0) this.#write();
    };
  }

  /** The process that the record was about; null if the record has no id. */
  get lastProcess(): string | null {
    return this.#last.process;
  }

  /** The same, if it has certainly ended. */
  get predecessor(): string | null {
    return this.#isLocked ? this.lastProcess : null;
  }

  /** Whether that process stopped cleanly. */
  get hasLastStopped(): boolean {
    return this.#last.hasStopped;
  }

  /** From now on the record is about this process. */
  setProcess(process: string | null): void {
    if (process === null || process === this.#process) return;
    this.#process = process;
    this.#write();
  }

  /** Whether the jobs that ran when the last process ended are charged. The first call decides. */
  judge(): Judgement {
    if (this.#verdict === null && this.#last.hasStopped) this.#verdict = { excuse: OF_A_STOP };
    else if (this.#verdict === null) {
      const { isCharged, uncharged } = judgeDeath(this.#last);
      this.#uncharged = uncharged;
      this.#verdict = isCharged ? CHARGED : { excuse: OF_A_REQUEST };
      // Written before the jobs are released, so that a death in between does not lose this count.
      this.takeOver();
    }
    return this.#verdict;
  }

  /** What the last process left behind is released: until then, a clean stop must stay known. */
  takeOver(): void {
    this.#isOfLast = false;
    this.#write();
  }

  /** Undoes the verdict: no job was running, so none was excused. */
  withdrawVerdict(): void {
    this.#uncharged = this.#last.uncharged;
    this.#write();
  }

  noteAlive(): void {
    if (this.#uncharged === 0 || this.#isOfLast || this.#now() - this.#startedAt < STABLE_MS) return;
    this.#uncharged = 0;
    this.#write();
  }

  /** A clean stop: no job runs any more. `owesCharge`: one of them is to blame for a death, which is not stored yet. */
  close({ owesCharge = false } = {}): void {
    this.#inProgress = 0;
    this.#uncharged = 0;
    this.#hasStopped = !owesCharge && this.#process !== "";
    this.#write();
    this.#file?.close();
  }

  #read(): LastProcess {
    const bytes = new Uint8Array(2 + ID_BYTES);
    const length = this.#file?.readSync(bytes) ?? 0;
    const [busy = 0, digit = 0] = bytes;
    const count = digit - QUIET;
    const process = length < bytes.length ? null : new TextDecoder().decode(bytes.subarray(2));
    return {
      // Without an id it is not known whose jobs were left.
      hasStopped: busy === STOPPED && process !== null,
      requestInProgress: busy === BUSY,
      uncharged: count >= 0 && count <= 9 ? count : 0,
      process,
    };
  }

  #write(): void {
    if (this.#file === null || this.#isOfLast) return;
    try {
      this.#file.seekSync(0, Deno.SeekMode.Start);
      const state = this.#hasStopped ? STOPPED : this.#inProgress > 0 ? BUSY : QUIET;
      const id = new TextEncoder().encode(this.#process);
      this.#file.writeSync(Uint8Array.of(state, QUIET + this.#uncharged, ...id));
    } catch {
      // On a full disk, the worst outcome is that jobs are charged for a death that a request caused.
    }
  }
}

function open(path: string): Deno.FsFile | null {
  try {
    return Deno.openSync(path, { create: true, read: true, write: true, mode: PRIVATE_FILE });
  } catch {
    return null;
  }
}

/** Two systems that share a folder share the record, and some network drives have no locks. */
function lock(file: Deno.FsFile): boolean {
  try {
    return file.tryLockSync(true);
  } catch {
    return false;
  }
}
