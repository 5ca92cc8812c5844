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
  /** Asked for while one was under way: "now" means without a pause after it. */
  #wanted: "no" | "soon" | "now" = "no";
  #notBefore = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RefresherOptions) {
    this.#options = options;
  }

  /** When the pause since the last one is over. */
  soon(): void {
    if (this.#isBusy && this.#wanted === "no") this.#wanted = "soon";
    if (this.#isBusy || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#run(), Math.max(0, this.#notBefore - performance.now()));
  }

  /** Without a pause. */
  now(): void {
    if (this.#isBusy) this.#wanted = "now";
    else this.#run();
  }

  async #run(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isBusy = true;
    this.#wanted = "no";
    const startedAt = performance.now();
    await this.#options.refresh();
    const endedAt = performance.now();
    this.#notBefore = endedAt + Math.max(this.#options.everyMs, 2 * (endedAt - startedAt));
    this.#isBusy = false;
    // It may have changed while the refresh was awaited.
    const wanted = this.#wanted as string;
    if (wanted === "now") this.now();
    if (wanted === "soon") this.soon();
  }
}
