/**
 * One rotating file of lines, written by one thread, that survives a failing disk: the failure is reported once on
 * stderr, the file is reopened until it works, and then the lines that could not be written follow, as many as the
 * buffer holds. A file that was removed or moved away is created again. Uses only the runtime's own functions, because
 * every thread has one: a library for this took a third of a thread's memory and half of its startup time, and synced
 * the disk that the database waits for.
 */
import {
  messageOf,
  printable,
  PRIVATE_FILE,
  PRIVATE_FOLDER,
  statOrNull,
  whyClosed,
} from "@persistent-queue/queue/basics";

/** How much is logged, from most to least. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;

export type LogLevel = typeof LOG_LEVELS[number];

export interface LogFileOptions {
  readonly dir: string;
  /** The file name without `.log`. */
  readonly name: string;
  /** Maximum size of one file in bytes; 10 MB unless given. */
  readonly maxSize?: number;
  /** How many full files are kept beside the current one; 4 unless given. */
  readonly maxFiles?: number;
  /** How often the file is checked, in milliseconds; 1000 unless given. */
  readonly checkMs?: number;
  /** Creates neither folder nor file before the first line. */
  readonly opensWhenNeeded?: boolean;
}

/** Short enough for a live `tail -f`. */
const FLUSH_MS = 200;
/** At full speed a thread fills this about ten times a second. While the disk fails, lines beyond it are dropped. */
const BUFFER_CHARS = 65_536;
const NOTE_INTERVAL_MS = 60_000;
const LINE_FEED = 10;
const LONGEST_LINE = 4_000;
const TAGS = { debug: "[DEBUG]", info: "[INFO]", warn: "[WARN]", error: "[ERROR]" } as const satisfies Record<
  LogLevel,
  string
>;
const encoder = new TextEncoder();

interface Opened {
  readonly file: Deno.FsFile;
  readonly inode: number | null;
  bytes: number;
}

export class LogFile {
  readonly #path: string;
  readonly #options: LogFileOptions;
  readonly #checkTimer: ReturnType<typeof setInterval>;
  #flushing: ReturnType<typeof setTimeout> | undefined;
  #buffer = "";
  /** The bytes that were already taken out of the buffer when the disk failed. */
  #unwritten = new Uint8Array();
  /** Part of the first unwritten line is already in the file. */
  #isCutOff = false;
  #opened: Opened | null = null;
  #trouble: string | null = null;
  #dropped = 0;
  #notedAt = -Infinity;
  #isClosed = false;
  #isUnused = true;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.#path = `${options.dir}/${options.name}.log`;
    if (!options.opensWhenNeeded) this.#open();
    this.#checkTimer = setInterval(() => this.#check(), options.checkMs ?? 1000);
  }

  /** For as long as the file cannot be written. */
  get warning(): string | null {
    return this.#trouble === null
      ? null
      : `Cannot write ${this.#path}: ${this.#trouble}; its lines wait until it works again`;
  }

  /** The line is in the file within `FLUSH_MS`. `text` is untrusted: it stays on one line whatever it contains. */
  write(level: LogLevel, text: string): void {
    if (this.#isClosed) return;
    const isFull = this.#buffer.length >= BUFFER_CHARS;
    if (isFull && this.#opened === null) {
      this.#dropped++;
      return;
    }
    this.#buffer += formatLine(level, text);
    if (isFull) this.#flush();
    else this.#flushing ??= setTimeout(() => this.#flush(), FLUSH_MS);
  }

  /** Writes what is left. Later lines are dropped. */
  close(): void {
    clearInterval(this.#checkTimer);
    this.#flush();
    this.#isClosed = true;
    this.#closeFile();
  }

  #flush(): void {
    clearTimeout(this.#flushing);
    this.#flushing = undefined;
    if (this.#isUnused && this.#buffer !== "") this.#open();
    if (this.#opened === null || this.#buffer === "") return;
    this.#unwritten = encoder.encode(this.#buffer);
    this.#buffer = "";
    this.#try(() => {
      if (this.#size() + this.#unwritten.length > (this.#options.maxSize ?? 10_000_000)) this.#rotate();
      this.#append();
    });
  }

  /** If this fails, exactly the bytes that are not in the file are left. */
  #append(): void {
    while (this.#opened !== null && this.#unwritten.length > 0) {
      const written = this.#opened.file.writeSync(this.#unwritten);
      this.#isCutOff = written > 0 && this.#unwritten[written - 1] !== LINE_FEED;
      this.#unwritten = this.#unwritten.subarray(written);
      this.#opened.bytes += written;
    }
  }

  /** Drops the rest of a line whose beginning is in another file. */
  #dropRestOfLine(): void {
    if (this.#isCutOff) this.#unwritten = this.#unwritten.subarray(this.#unwritten.indexOf(LINE_FEED) + 1);
    this.#isCutOff = false;
  }

  #size(): number {
    return this.#opened?.bytes ?? 0;
  }

  /** `jobqueue.log` becomes `jobqueue.log.1`, which becomes `.2`, and so on; the oldest is removed. */
  #rotate(): void {
    const { maxFiles = 4 } = this.#options;
    this.#closeFile();
    for (let n = maxFiles; n > 0; n--) {
      renameIfThere(n === 1 ? this.#path : `${this.#path}.${n - 1}`, `${this.#path}.${n}`);
    }
    this.#opened = openToAppend(this.#path);
  }

  #check(): void {
    if (this.#isUnused) return;
    if (this.#opened !== null && inodeOf(this.#path) === this.#opened.inode) return;
    this.#flush();
    this.#closeFile();
    this.#open();
  }

  #open(): void {
    this.#isUnused = false;
    this.#try(() => {
      Deno.mkdirSync(this.#options.dir, { recursive: true, mode: PRIVATE_FOLDER });
      this.#opened = openToAppend(this.#path);
      if (this.#size() === 0) this.#dropRestOfLine();
      this.#append();
      this.#reportDropped();
      this.#flush();
    });
  }

  #closeFile(): void {
    this.#opened?.file.close();
    this.#opened = null;
  }

  /** Notes in the log itself that lines are missing. */
  #reportDropped(): void {
    const text = `Log lines were dropped (${this.#dropped}): ${this.#trouble}`;
    if (this.#dropped > 0) this.#buffer += formatLine("warn", text);
    this.#trouble = null;
    this.#dropped = 0;
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#trouble = whyClosed(error) ?? messageOf(error);
      this.#note(`${this.warning}`);
      this.#closeFile();
    }
  }

  #note(text: string): void {
    if (performance.now() < this.#notedAt + NOTE_INTERVAL_MS) return;
    this.#notedAt = performance.now();
    console.error(printable(text));
  }
}

function openToAppend(path: string): Opened {
  refusePipe(path);
  const file = Deno.openSync(path, { append: true, create: true, mode: PRIVATE_FILE });
  const { ino: inode, size: bytes } = file.statSync();
  return { file, inode, bytes };
}

/** To open one waits for a reader, and everything else in this process with it. */
function refusePipe(path: string): void {
  const { isFifo = false } = statOrNull(path) ?? {};
  if (isFifo) throw new Error("it is a named pipe, not a file");
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

/** `2026-11-24T15:00:00.000Z [INFO] Enqueued job_id: data/files/abc.txt` */
function formatLine(level: LogLevel, text: string): string {
  return `${isoTime(Date.now())} ${TAGS[level]} ${oneLine(text)}\n`;
}

function oneLine(text: string): string {
  if (text.length <= LONGEST_LINE) return printable(text, { maxLength: LONGEST_LINE });
  return `${printable(text, { maxLength: LONGEST_LINE })} (cut, ${text.length} characters)`;
}

let lastTime = NaN;
let lastIso = "";

/** Cached, because thousands of lines share a millisecond. */
function isoTime(time: number): string {
  if (time !== lastTime) [lastTime, lastIso] = [time, new Date(time).toISOString()];
  return lastIso;
}
