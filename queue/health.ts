import { messageOf, StorageError } from "./errors.ts";

/** Whether the storage works, as its last answer to a write tells: for `/healthz`, the pages, and who has to end. */
export class StorageHealth {
  readonly #onChange: (trouble: string | null) => void;
  #trouble: string | null = null;
  #lost: StorageError | null = null;

  constructor(onChange: (trouble: string | null) => void) {
    this.#onChange = onChange;
  }

  /** Why it does not work at the moment, or null. */
  get trouble(): string | null {
    return this.#trouble;
  }

  /** Takes note of how `work` ends, and passes it on. */
  async observe<T>(work: Promise<T>): Promise<T> {
    try {
      const answer = await work;
      this.#set(null);
      return answer;
    } catch (error) {
      if (error instanceof StorageError) this.#note(error);
      throw error;
    }
  }

  /** @throws {StorageError} once the storage is found to be damaged, for good */
  assertNotLost(): void {
    if (this.#lost !== null) throw this.#lost;
  }

  #note(error: StorageError): void {
    if (!error.passing) this.#lost = error;
    this.#set(messageOf(error));
  }

  #set(trouble: string | null): void {
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#onChange(trouble);
  }
}
