/** Waits until nothing is under way. */
export class Idleness {
  readonly #isIdle: () => boolean;
  #onIdle = () => {};

  constructor(isIdle: () => boolean) {
    this.#isIdle = isIdle;
  }

  /** Something has ended: checks whether it was the last. */
  look(): void {
    if (this.#isIdle()) this.#onIdle();
  }

  /** Resolves when nothing is under way, or after `ms`. */
  within(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
      this.look();
    });
  }
}
