/** Sessions that were ended, here or on another host: none of them comes back, and every host is told at once. */
import { fieldsIn, type SharedByHosts } from "@persistent-queue/queue";

const MAX_ENDED = 1_000;
const HASH = /^[\w-]{43}$/;

export interface EndedSessionsOptions {
  readonly realm: string;
  readonly shared: Pick<SharedByHosts, "remove" | "tell" | "hear">;
  /** Called with the hash of a session that another host has ended. */
  readonly onEnd: (hash: string) => void;
  /** Called when another host has ended all sessions, because its password is different. */
  readonly onEndOfAll: () => void;
}

export class EndedSessions {
  readonly #options: EndedSessionsOptions;
  /** Whether the end has been published, by hash. */
  readonly #ended = new Map<string, boolean>();
  readonly #hearing: Disposable;

  constructor(options: EndedSessionsOptions) {
    this.#options = options;
    this.#hearing = options.shared.hear((text) => this.#hear(text));
  }

  has(hash: string): boolean {
    return this.#ended.has(hash);
  }

  /** Whether some ends have not been published yet. */
  get areUnpublished(): boolean {
    return [...this.#ended.values()].includes(false);
  }

  /** Whether there is room for a session that may be made up: half of the room is kept for those known here. */
  get hasRoom(): boolean {
    return this.#ended.size < MAX_ENDED / 2;
  }

  /** Records an end that is still to be published. */
  note(hash: string): void {
    this.#remember(hash, { isPublished: false });
  }

  /** @throws {StorageError} the ends then stay recorded */
  async publish(): Promise<void> {
    const unpublished = [...this.#ended].flatMap(([hash, isPublished]) => isPublished ? [] : [hash]);
    await Promise.all(unpublished.map(async (hash) => {
      const { realm, shared } = this.#options;
      await shared.remove(realm, hash);
      await shared.tell(JSON.stringify({ type: "session-ended", realm, hash }));
      this.#remember(hash, { isPublished: true });
    }));
  }

  /** Tells the other hosts that this host's password has ended all sessions. @throws {StorageError} */
  async publishEndOfAll(): Promise<void> {
    const { realm, shared } = this.#options;
    await shared.tell(JSON.stringify({ type: "sessions-ended", realm }));
  }

  close(): void {
    this.#hearing[Symbol.dispose]();
  }

  #remember(hash: string, { isPublished }: { readonly isPublished: boolean }): void {
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined && this.#ended.size >= MAX_ENDED) this.#ended.delete(oldest);
    this.#ended.set(hash, isPublished);
  }

  /** Anything with write access to the server may send any text. */
  #hear(text: string): void {
    const { type, realm, hash } = fieldsIn(text);
    if (realm !== this.#options.realm) return;
    if (type === "sessions-ended") this.#options.onEndOfAll();
    if (type !== "session-ended" || typeof hash !== "string" || !HASH.test(hash)) return;
    this.#remember(hash, { isPublished: true });
    this.#options.onEnd(hash);
  }
}
