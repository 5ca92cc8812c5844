/**
 * One rotating file of lines, written by one thread, that outlives a failing disk: what cannot be written is dropped
 * with one note on stderr, and the file is opened anew until it works. A file that somebody removed, or moved away, is
 * made again.
 *
 * Ours, and on the runtime's own functions alone, for every thread has one: a library for this took a third of a thread's
 * memory and half of its start, and synced the disk for which the database waits.
 */
import { messageOf, printable } from "@persistent-queue/queue/words";
import { formatLine, type LogLine } from "./format_line.ts";

export interface LogFileOptions {
  readonly dir: string;
  /** Without `.log`. */
  readonly name: string;
  /** Bytes of one file; 10 MB unless given. */
  readonly maxSize?: number;
  /** How many full ones are kept beside the current one; 4 unless given. */
  readonly maxFiles?: number;
  /** How often the file is looked after, in milliseconds; 1000 unless given. */
  readonly tendMs?: number;
}

/** So that `tail -f` is live. */
const FLUSH_MS = 200;
/** At full speed a thread fills this some ten times a second. */
const BUFFER_CHARS = 65_536;
const NOTE_AGAIN_MS = 60_000;
const encoder = new TextEncoder();

interface Opened {
  readonly file: Deno.FsFile;
  readonly inode: number | null;
  bytes: number;
}

export class LogFile {
  readonly #path: string;
  readonly #options: LogFileOptions;
  readonly #tending: ReturnType<typeof setInterval>;
  #flushing: ReturnType<typeof setTimeout> | undefined;
  #buffer = "";
  #opened: Opened | null = null;
  #trouble: string | null = null;
  #dropped = 0;
  #notedAt = -Infinity;
  #isClosed = false;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#path = `${options.dir}/${options.name}.log`;
    this.#open();
    this.#tending = setInterval(() => this.#tend(), options.tendMs ?? 1000);
  }

  /** In the file within `FLUSH_MS`. */
  write(line: LogLine): void {
    if (this.#isClosed) return;
    if (this.#opened === null) {
      this.#dropped++;
      return;
    }
    this.#buffer += formatLine(line);
    if (this.#buffer.length >= BUFFER_CHARS) this.#flush();
    else this.#flushing ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Writes what is left. What comes later is dropped. */
  close(): void {
    clearInterval(this.#tending);
    this.#flush();
    this.#isClosed = true;
    this.#closeFile();
  }

  #flush(): void {
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    if (this.#opened === null || this.#buffer === "") return;
    const bytes = encoder.encode(this.#buffer);
    this.#buffer = "";
    this.#try(() => {
      if (this.#size() + bytes.length > (this.#options.maxSize ?? 10_000_000)) this.#rotate();
      this.#append(bytes);
    });
  }

  #append(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const written = this.#opened?.file.writeSync(bytes.subarray(at)) ?? 0;
      at += written;
      if (this.#opened) this.#opened.bytes += written;
    }
  }

  #size(): number {
    return this.#opened?.bytes ?? 0;
  }

  /** `jobqueue.log` becomes `jobqueue.log.1`, that becomes `.2`, and what was the last one goes. */
  #rotate(): void {
    const { maxFiles = 4 } = this.#options;
    this.#closeFile();
    for (let n = maxFiles; n > 0; n--) {
      renameIfThere(n === 1 ? this.#path : `${this.#path}.${n - 1}`, `${this.#path}.${n}`);
    }
    this.#opened = openToAppend(this.#path);
  }

  #tend(): void {
    if (this.#opened !== null && inodeOf(this.#path) === this.#opened.inode) return;
    this.#flush();
    this.#closeFile();
    this.#open();
  }

  #open(): void {
    this.#try(() => {
      Deno.mkdirSync(this.#options.dir, { recursive: true });
      this.#opened = openToAppend(this.#path);
      this.#confess();
    });
  }

  #closeFile(): void {
    this.#opened?.file.close();
    this.#opened = null;
  }

  /** Says in the log itself that a part of it is missing. The line before may have been cut off: this one is whole. */
  #confess(): void {
    if (this.#trouble === null) return;
    const text = `Log lines were dropped (${this.#dropped} at least): ${this.#trouble}`;
    this.#append(encoder.encode((this.#size() > 0 ? "\n" : "") + formatLine({ level: "warn", text })));
    this.#trouble = null;
    this.#dropped = 0;
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#trouble = messageOf(error);
      this.#note(`Cannot write ${this.#path}: ${this.#trouble}; its lines are dropped until it works again`);
      this.#closeFile();
    }
  }

  #note(text: string): void {
    if (performance.now() < this.#notedAt + NOTE_AGAIN_MS) return;
    this.#notedAt = performance.now();
    console.error(printable(text));
  }
}

function openToAppend(path: string): Opened {
  const file = Deno.openSync(path, { append: true, create: true });
  const { ino: inode, size: bytes } = file.statSync();
  return { file, inode, bytes };
}

function inodeOf(path: string): number | null | undefined {
  try {
    return Deno.statSync(path).ino;
  } catch {
    return undefined;
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
