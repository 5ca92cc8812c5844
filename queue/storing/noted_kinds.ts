/** The kinds that a process claims, noted in its row: other hosts accept jobs of them, and do not report them as unknown. */

export class NotedKinds {
  readonly #write: (kinds: readonly string[]) => Promise<void>;
  #last: readonly string[] | null = null;
  /** What the row holds, or soon will; null if that is not known. */
  #noted: readonly string[] | null = null;

  /** `write`: stores them in the row, if there is one. */
  constructor(write: (kinds: readonly string[]) => Promise<void>) {
    this.#write = write;
  }

  /** The kinds of the last claim; null before the first. */
  get last(): readonly string[] | null {
    return this.#last;
  }

  /** These, and those that other processes have noted; null while there are neither. */
  with(others: readonly string[]): readonly string[] | null {
    return others.length === 0 && this.#last === null ? null : [...others, ...this.#last ?? []];
  }

  /** Called before each claim: writes the kinds only if they have changed. @throws {StorageError} */
  async note(kinds: readonly string[]): Promise<void> {
    this.#last = kinds;
    if (kinds === this.#noted) return;
    this.#noted = kinds;
    try {
      await this.#write(kinds);
    } catch (error) {
      // The next claim tries again.
      if (this.#noted === kinds) this.#noted = null;
      throw error;
    }
  }

  /** Called when the row is new. @throws {StorageError} */
  async noteAgain(): Promise<void> {
    this.#noted = null;
    if (this.#last !== null) await this.note(this.#last);
  }
}
