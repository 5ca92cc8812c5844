/** The kinds with which a process claims, noted in its row: others take jobs of them, and do not report them as unknown. */

export class NotedKinds {
  readonly #write: (kinds: readonly string[]) => Promise<void>;
  #last: readonly string[] | null = null;

  /** `write`: puts them into the row, if there is one. */
  constructor(write: (kinds: readonly string[]) => Promise<void>) {
    this.#write = write;
  }

  /** Of the last claim; null before the first. */
  get last(): readonly string[] | null {
    return this.#last;
  }

  /** Before each claim: writes them only if they are other ones. @throws {StorageError} */
  async note(kinds: readonly string[]): Promise<void> {
    if (kinds === this.#last) return;
    this.#last = kinds;
    try {
      await this.#write(kinds);
    } catch (error) {
      // The next claim tries again.
      this.#last = null;
      throw error;
    }
  }

  /** The row is a new one. @throws {StorageError} */
  async noteAgain(): Promise<void> {
    if (this.#last !== null) await this.#write(this.#last);
  }
}
