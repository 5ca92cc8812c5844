export interface RefresherOptions {
  /** Fetches and shows; never rejects. */
  readonly refresh: () => Promise<void>;
  /** At least this long between two, in milliseconds. */
  readonly everyMs: number;
}

/** Runs one refresh at a time, and one more if it was asked for meanwhile. A slow server is asked less often. */
export class Refresher {
  readonly #options: RefresherOptions;
  #isBusy = false;
  /** Asked for while one was under way. */
  #isWanted = false;
  /** Those who asked for one without a pause, and wait for its end. */
  #impatient: (() => void)[] = [];
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  /** When the pause since the last one is over. */
  soon(): void {
    if (this.#isBusy) this.#isWanted = true;
    if (this.#isBusy || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#notBefore - performance.now()));
  }

  /** Without a pause. Resolves when one that began after this call is over. */
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
