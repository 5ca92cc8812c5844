/** One text for many readers: rendered once for all of them, and not at all without one. */

export interface BroadcastOptions {
  /** What readers get. Called at most once every `tickMs`. */
  readonly render: () => Promise<string>;
  /** Cheap; a new value means that there is something new to render. */
  readonly mark: () => unknown;
  readonly tickMs: number;
  /** After this long something is sent even if nothing is new. */
  readonly restMs: number;
  /** For this long a reader may leave what it was given untaken; then it is sent away. 30 s unless given. */
  readonly patienceMs?: number;
  readonly onFault: (error: unknown) => void;
}

interface Reader {
  readonly controller: AbortController;
  /** Since when it has been busy with what it was given, by the monotonic clock. */
  busySince: number | null;
}

export class Broadcast {
  readonly #options: BroadcastOptions;
  readonly #readers = new Set<Reader>();
  #timer: ReturnType<typeof setInterval> | null = null;
  #news = Promise.withResolvers<void>();
  #latest: string | null = null;
  #version = 0;
  #renderedAt = 0;
  #mark: unknown;
  #rendering = false;
  #closed = false;

  constructor(options: BroadcastOptions) {
    this.#options = options;
  }

  /**
   * The latest text at once, then each newer one that the reader is ready for: a slow one misses some, and none pile
   * up. Ends when the signal is aborted, by the reader or by us, and when the broadcast is closed.
   */
  async *follow(controller: AbortController): AsyncGenerator<string> {
    if (this.#closed) return;
    const reader: Reader = { controller, busySince: null };
    controller.signal.addEventListener("abort", this.#wake);
    this.#enter(reader);
    try {
      for (let seen = -1; !this.#isOver(controller.signal);) {
        if (this.#latest === null || seen === this.#version) {
          await this.#news.promise;
          continue;
        }
        seen = this.#version;
        reader.busySince = performance.now();
        yield this.#latest;
        reader.busySince = null;
      }
    } finally {
      controller.signal.removeEventListener("abort", this.#wake);
      this.#leave(reader);
    }
  }

  /** Ends every reader's stream. */
  close(): void {
    this.#closed = true;
    for (const { controller } of this.#readers) controller.abort();
    this.#stop();
    this.#wake();
  }

  #isOver(signal: AbortSignal): boolean {
    return this.#closed || signal.aborted;
  }

  #enter(reader: Reader): void {
    this.#readers.add(reader);
    if (this.#timer !== null) return;
    this.#timer = setInterval(() => this.#tick(), this.#options.tickMs);
    this.#refresh();
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    if (this.#readers.size === 0) this.#stop();
  }

  #stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    // The next first reader is not to begin with old news.
    this.#latest = null;
  }

  #tick(): void {
    const now = performance.now();
    const { restMs, patienceMs = 30_000 } = this.#options;
    for (const { busySince, controller } of this.#readers) {
      if (busySince !== null && now - busySince > patienceMs) controller.abort();
    }
    if (now - this.#renderedAt >= restMs || this.#hasNews()) this.#refresh();
  }

  /** Runs on a timer, where whatever is thrown would end the process. */
  #hasNews(): boolean {
    try {
      return this.#options.mark() !== this.#mark;
    } catch (error) {
      this.#options.onFault(error);
      return false;
    }
  }

  async #refresh(): Promise<void> {
    if (this.#rendering) return;
    this.#rendering = true;
    this.#renderedAt = performance.now();
    try {
      this.#mark = this.#options.mark();
      const text = await this.#options.render();
      if (this.#timer === null) return;
      this.#latest = text;
      this.#version++;
      this.#wake();
    } catch (error) {
      this.#options.onFault(error);
    } finally {
      this.#rendering = false;
    }
  }

  readonly #wake = (): void => {
    const { resolve } = this.#news;
    this.#news = Promise.withResolvers<void>();
    resolve();
  };
}
