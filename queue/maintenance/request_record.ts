/**
 * Records, for the next process, whether a request is in progress and how often that has excused a death. If a request
 * kills the process, the jobs that ran beside it must not be charged.
 *
 * A small file holds two characters: "1" while a request is in progress, else "0"; then the number of uncharged
 * recoveries in a row. The id of the process follows, because on a server its death may be noticed only after the next
 * process has started, and the deaths of other hosts do not count here. The file is not synced: it survives the
 * process, and after a power loss jobs are charged as if there were no record.
 *
 * A process keeps the file locked, and the kernel releases the lock however the process dies: the next one that
 * gets it knows that the last process has ended.
 */
import { judgeDeath } from "../policy/deaths.ts";
import { PRIVATE_FILE } from "../basics/files.ts";

const QUIET = 0x30;
const BUSY = 0x31;
const ID_BYTES = 36;
/** A process that has lived this long was not killed by what caused the earlier deaths. */
const STABLE_MS = 600_000;

export interface RequestRecordOptions {
  /** Null: nothing is written, and every death is charged. */
  readonly path: string | null;
  readonly now: () => number;
}

interface LastProcess {
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
  /** Until the last death is judged, the file describes that process and is not changed. */
  #verdict: { readonly isCharged: boolean } | null = null;

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

  /** From now on the record is about this process. */
  setProcess(process: string | null): void {
    if (process === null || process === this.#process) return;
    this.#process = process;
    this.#write();
  }

  /** Whether the jobs that ran when the last process died are charged. The first call decides. */
  judge(): { readonly isCharged: boolean } {
    if (this.#verdict === null) {
      const { isCharged, uncharged } = judgeDeath(this.#last);
      this.#uncharged = uncharged;
      this.#verdict = { isCharged };
      // Written before the jobs are released, so that a death in between does not lose this count.
      this.#write();
    }
    return this.#verdict;
  }

  /** Undoes the verdict: no job was running, so none was excused. */
  withdrawVerdict(): void {
    this.#uncharged = this.#last.uncharged;
    this.#write();
  }

  noteAlive(): void {
    if (this.#uncharged === 0 || this.#verdict === null || this.#now() - this.#startedAt < STABLE_MS) return;
    this.#uncharged = 0;
    this.#write();
  }

  /** After a clean stop, the next process has nothing to judge. */
  close(): void {
    this.#inProgress = 0;
    this.#uncharged = 0;
    this.#verdict ??= { isCharged: true };
    this.#write();
    this.#file?.close();
  }

  #read(): LastProcess {
    const bytes = new Uint8Array(2 + ID_BYTES);
    const length = this.#file?.readSync(bytes) ?? 0;
    const [busy = 0, digit = 0] = bytes;
    const count = digit - QUIET;
    const process = length < bytes.length ? null : new TextDecoder().decode(bytes.subarray(2));
    return { requestInProgress: busy === BUSY, uncharged: count >= 0 && count <= 9 ? count : 0, process };
  }

  #write(): void {
    if (this.#file === null || this.#verdict === null) return;
    try {
      this.#file.seekSync(0, Deno.SeekMode.Start);
      const isBusy = this.#inProgress > 0 ? BUSY : QUIET;
      const id = new TextEncoder().encode(this.#process);
      this.#file.writeSync(Uint8Array.of(isBusy, QUIET + this.#uncharged, ...id));
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
