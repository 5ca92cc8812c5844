/** One text for many readers: rendered once for all of them, and not at all if there are none. */

export interface BroadcastOptions {
  /** Renders what readers get. Called at most once every `tickMs`. */
  readonly render: () => Promise<string>;
  /** Cheap to call; a changed value means that there is something new to render. */
  readonly mark: () => unknown;
  readonly tickMs: number;
  /** The text is sent again after this long, even if nothing is new. */
  readonly restMs: number;
  /** A reader that does not consume its text for this long is disconnected; 30 s by default. */
  readonly patienceMs?: number;
  readonly onFault: (error: unknown) => void;
}

interface Reader {
  readonly controller: AbortController;
  /** Since when it has been consuming the last text, by the monotonic clock. */
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
   * Yields the latest text at once, then each newer one as soon as the reader is ready: a slow reader misses some, and none
   * pile up. Ends when the signal is aborted, by the reader or by us, and when the broadcast is closed.
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
    // The next first reader must not start with a stale text.
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

  /** Runs on a timer, where an uncaught error would end the process. */
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
