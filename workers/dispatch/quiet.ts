/** Waits until nothing is under way. */
export class Quiet {
  readonly #isQuiet: () => boolean;
  #onQuiet = () => {};

  constructor(isQuiet: () => boolean) {
    this.#isQuiet = isQuiet;
  }

  /** Something has ended: checks whether it was the last. */
  look(): void {
    if (this.#isQuiet()) this.#onQuiet();
  }

  /** Resolves when nothing is under way, or after `ms`. */
  within(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
      this.look();
    });
  }
}
