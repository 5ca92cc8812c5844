/** Sessions that were ended, here or on another host: none of them comes back, and each host learns of it at once. */
import type { SharedByHosts } from "@persistent-queue/queue";
import { fieldsIn } from "./fields_in.ts";

const MOST_ENDED = 1_000;
const HASH = /^[\w-]{43}$/;

export interface EndsOptions {
  readonly realm: string;
  readonly shared: Pick<SharedByHosts, "remove" | "tell" | "hear">;
  /** Called with the hash of a session that another host has ended. */
  readonly onEnd: (hash: string) => void;
  /** Called when another host has ended all of them, by another password. */
  readonly onEndOfAll: () => void;
}

export class Ends {
  readonly #options: EndsOptions;
  /** Whether it is passed on, by hash. */
  readonly #ended = new Map<string, boolean>();
  readonly #hearing: Disposable;

  constructor(options: EndsOptions) {
    this.#options = options;
    this.#hearing = options.shared.hear((text) => this.#hear(text));
  }

  has(hash: string): boolean {
    return this.#ended.has(hash);
  }

  /** Whether some are not passed on yet. */
  get areWaiting(): boolean {
    return [...this.#ended.values()].includes(false);
  }

  /** Whether there is room for one that may be made up: those that were known here have the rest for themselves. */
  get hasRoom(): boolean {
    return this.#ended.size < MOST_ENDED / 2;
  }

  /** It is to be passed on. */
  note(hash: string): void {
    this.#set(hash, false);
  }

  /** @throws {StorageError} they stay noted then */
  async passOn(): Promise<void> {
    const waiting = [...this.#ended].flatMap(([hash, isPassedOn]) => isPassedOn ? [] : [hash]);
    await Promise.all(waiting.map(async (hash) => {
      const { realm, shared } = this.#options;
      await shared.remove(realm, hash);
      await shared.tell(JSON.stringify({ type: "session-ended", realm, hash }));
      this.#set(hash, true);
    }));
  }

  /** All of them have ended, by the password of this host. @throws {StorageError} */
  async tellOfAll(): Promise<void> {
    const { realm, shared } = this.#options;
    await shared.tell(JSON.stringify({ type: "sessions-ended", realm }));
  }

  close(): void {
    this.#hearing[Symbol.dispose]();
  }

  #set(hash: string, isPassedOn: boolean): void {
    const [oldest] = this.#ended.keys();
    if (oldest !== undefined && this.#ended.size >= MOST_ENDED) this.#ended.delete(oldest);
    this.#ended.set(hash, isPassedOn);
  }

  /** Who may write to the server may tell anything. */
  #hear(text: string): void {
    const { type, realm, hash } = fieldsIn(text);
    if (realm !== this.#options.realm) return;
    if (type === "sessions-ended") this.#options.onEndOfAll();
    if (type !== "session-ended" || typeof hash !== "string" || !HASH.test(hash)) return;
    this.#set(hash, true);
    this.#options.onEnd(hash);
  }
}
