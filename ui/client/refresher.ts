/** Spaces the refreshes of a page. */

export interface RefresherOptions {
  /** Fetches and shows the view; never rejects. */
  readonly refresh: () => Promise<void>;
  /** The minimum interval between two refreshes, in milliseconds. */
  readonly everyMs: number;
}

/** Runs one refresh at a time, and one more if requested meanwhile. A slow server gets fewer requests. */
export class Refresher {
  readonly #options: RefresherOptions;
  #isBusy = false;
  /** Whether one was requested while another was running. */
  #isWanted = false;
  /** The callers of `now` that wait for a refresh. */
  #impatient: (() => void)[] = [];
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  /** After the minimum interval since the last one. */
  soon(): void {
    if (this.#isBusy) this.#isWanted = true;
    if (this.#isBusy || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#notBefore - performance.now()));
  }

  /** Without a pause. Resolves after a refresh that began after this call. */
  now(): Promise<void> {
    return new Promise((resolve) => {
      this.#impatient.push(resolve);
      if (!this.#isBusy) this.#run();
    });
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isBusy = true;
    this.#isWanted = false;
    const finished = this.#impatient;
    this.#impatient = [];
    const startedAt = performance.now();
    await this.#options.refresh();
    const endedAt = performance.now();
    this.#notBefore = endedAt + Math.max(this.#options.everyMs, 2 * (endedAt - startedAt));
    this.#isBusy = false;
    for (const resolve of finished) resolve();
    if (this.#impatient.length > 0) this.#run();
    else if (this.#isWanted) this.soon();
  }
}
