/**
 * Whether the storage works, judged by its latest calls: for `/healthz`, the pages, and the decision to stop. Writes,
 * probes and reads are judged separately: on a full disk some write always fits, which proves nothing about the others.
 */
import { NO_DETAIL, StorageError } from "./errors.ts";

type CallKind = "write" | "probe" | "read";

export class StorageHealth {
  readonly #onChange: (trouble: StorageError | null) => void;
  readonly #troubles: Record<CallKind, StorageError | null> = { write: null, probe: null, read: null };
  #lost: StorageError | null = null;
  #isProbed = false;

  constructor(onChange: (trouble: StorageError | null) => void) {
    this.#onChange = onChange;
  }

  /** Why the storage does not work at the moment, or null. */
  get trouble(): StorageError | null {
    return this.#troubles.write ?? this.#troubles.probe ?? this.#troubles.read;
  }

  /** Records how `work` ends, and returns its result. */
  async observe<T>(work: Promise<T>, kind: CallKind = "write"): Promise<T> {
    if (kind === "probe") this.#isProbed = true;
    try {
      const result = await work;
      this.#set(kind, null);
      return result;
    } catch (error) {
      if (error instanceof StorageError) this.#note(kind, error);
      throw error;
    }
  }

  /** @throws {StorageError} once the storage is found to be damaged beyond recovery */
  assertNotLost(): void {
    if (this.#lost !== null) throw this.#lost;
  }

  #note(kind: CallKind, error: StorageError): void {
    if (error.ofSomeJobs) return;
    if (!error.passing) this.#lost = error;
    // A later write that happens to fit must not hide the failure before the next probe.
    if (kind === "write" && this.#isProbed) this.#set("probe", error);
    this.#set(kind, error);
  }

  #set(kind: CallKind, trouble: StorageError | null): void {
    const before = this.trouble;
    this.#troubles[kind] = trouble;
    if (!areTheSameTrouble(this.trouble, before)) this.#onChange(this.trouble);
  }
}

/**
 * Both have the same sentence. What it says in brackets may differ from call to call: a standby names the kind of statement
 * that it refuses.
 */
function areTheSameTrouble(one: StorageError | null, other: StorageError | null): boolean {
  if (one?.message === other?.message) return true;
  return one?.publicMessage === other?.publicMessage && one?.publicMessage !== NO_DETAIL;
}
