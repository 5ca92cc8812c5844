/**
 * One rotating file that outlives a failing disk: what cannot be written is dropped with one note on stderr, and
 * the file is opened anew until it works. A file that somebody removed is made again.
 */
import { existsSync, mkdirSync } from "node:fs";
import { getRotatingFileSink } from "@logtape/file";
import type { LogRecord, Sink } from "@logtape/logtape";
import { messageOf, printable } from "@persistent-queue/queue/words";
import { formatLine } from "./format_line.ts";

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
/** Each flush is synced as well, in the background, where the database waits for the disk: at full speed, few. */
const BUFFER_BYTES = 262_144;
const NOTE_AGAIN_MS = 60_000;

export class LogFile {
  readonly path: string;
  readonly #options: LogFileOptions;
  readonly #tending: ReturnType<typeof setInterval>;
  #sink: (Sink & AsyncDisposable) | null = null;
  #trouble: string | null = null;
  #dropped = 0;
  #notedAt = -Infinity;

  constructor(options: LogFileOptions) {
    this.#options = options;
    this.path = `${options.dir}/${options.name}.log`;
    this.#open();
    this.#tending = setInterval(() => this.#tend(), options.tendMs ?? 1000);
  }

  write(record: LogRecord): void {
    if (this.#sink === null) this.#dropped++;
    else this.#sink(record);
  }

  /** The library found out that what it took could not be written. */
  fail(error: unknown): void {
    this.#trouble = messageOf(error);
    this.#note(`Cannot write ${this.path}: ${this.#trouble}; its lines are dropped until it works again`);
    const broken = this.#sink;
    this.#sink = null;
    void broken?.[Symbol.asyncDispose]();
  }

  /** Resolves when every line is written. */
  async dispose(): Promise<void> {
    clearInterval(this.#tending);
    const sink = this.#sink;
    this.#sink = null;
    await sink?.[Symbol.asyncDispose]();
  }

  #tend(): void {
    if (this.#sink === null) {
      this.#open();
    } else if (!existsSync(this.path)) {
      void this.#sink[Symbol.asyncDispose]();
      this.#open();
    }
  }

  #open(): void {
    const { dir, maxSize = 10_000_000, maxFiles = 4 } = this.#options;
    try {
      mkdirSync(dir, { recursive: true });
      const sink: Sink = getRotatingFileSink(this.path, {
        formatter: formatLine,
        maxSize,
        maxFiles,
        bufferSize: BUFFER_BYTES,
        flushInterval: FLUSH_MS,
        // The library syncs after each flush: in the background, never on the thread that works.
        nonBlocking: true,
      });
      this.#sink = sink as Sink & AsyncDisposable; // it is, with `nonBlocking`; the first overload hides it
      this.#confess();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Says in the log itself that a part of it is missing. */
  #confess(): void {
    if (this.#trouble === null) return;
    const text = `Log lines were dropped (${this.#dropped} at least): ${this.#trouble}`;
    this.#trouble = null;
    this.#dropped = 0;
    const timestamp = Date.now();
    this.write({
      category: [],
      level: "warning",
      message: [text],
      rawMessage: text,
      timestamp,
      properties: {},
    });
  }

  #note(text: string): void {
    if (performance.now() < this.#notedAt + NOTE_AGAIN_MS) return;
    this.#notedAt = performance.now();
    console.error(printable(text));
  }
}
