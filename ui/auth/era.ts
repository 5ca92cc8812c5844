/**
 * The era since the password was last changed, agreed on by the hosts of one queue: a session of an earlier era is invalid
 * everywhere, so that going back to an earlier password does not bring its sessions back.
 *
 * One fact stores the current era, with the verifier of its password. A host that finds an era of a different password
 * when it starts begins the next era. A host still running with the old password shares no sessions from then on.
 */
import { fieldsIn, type SharedByHosts } from "@persistent-queue/queue";
import type { Password } from "./password.ts";

/** Cannot be the key of a session: the hash of a token is longer. */
export const ERA_KEY = "era";
const LONGEST_ID = 100;

interface Stated {
  readonly id: string;
  readonly verifier: string;
}

export interface EraOptions {
  readonly realm: string;
  readonly shared: Pick<SharedByHosts, "put">;
  readonly password: Password;
  /** Warns that another host has a different password. */
  readonly onWarning: (sentence: string) => void;
  /** Called when this host has replaced an era by a new one. */
  readonly onBegin: () => Promise<void>;
}

export class Era {
  readonly #options: EraOptions;
  /** The text of the fact as it was last read, and as it was first read. */
  #current: string | null = null;
  #first: string | null | undefined;
  /** The same, if it is of our password. */
  #own: string | null = null;
  /** The text for which the last warning was given. */
  #warnedOf: string | null = null;
  /** A verifier is expensive to check, so it is checked once. */
  #judged: { readonly text: string; readonly isOurs: boolean } | null = null;

  constructor(options: EraOptions) {
    this.#options = options;
  }

  /** Null: no sessions are shared at the moment. */
  get id(): string | null {
    return this.#own === null ? null : eraIdIn(this.#own);
  }

  /** Whether the current era has not been judged yet; its sessions are valid only once it has. */
  get isUnjudged(): boolean {
    return this.#current !== null && this.#current !== this.#judged?.text;
  }

  /** Whether the other hosts have a different password from this one. */
  get isAlone(): boolean {
    return this.#current !== null && this.#current === this.#judged?.text && !this.#judged.isOurs;
  }

  /**
   * Adopts the era of the fact. Returns whether the sessions known so far are still valid. `how`: `proven`: it is known to
   * be of our password; `unneeded`: it may stay unjudged, because judging costs a password hash.
   * @throws {StorageError}; {HttpError} 503 when too many log in at once
   */
  async follow(text: string | null, how: "proven" | "unneeded" | "judge"): Promise<boolean> {
    this.#current = text;
    if (this.#first === undefined) this.#first = text;
    const own = this.#own;
    if (text === own) return true;
    if (text === null) {
      // The server has lost it.
      if (own !== null) await this.#state(own, null);
      return true;
    }
    if (how === "proven") this.#judged = { text, isOurs: true };
    if (how === "unneeded" && own === null && this.isUnjudged) return true;
    const isOurs = await this.#isOurs(text);
    this.#own = isOurs ? text : null;
    if (!isOurs && text === this.#first) await this.#beginAfter(text);
    else if (!isOurs) this.#warnOnce(text);
    return own === null;
  }

  /** Finds out whether the era is of our password, for the next `follow`. @throws {HttpError} 503 */
  async judge(): Promise<void> {
    if (this.#current !== null) await this.#isOurs(this.#current);
  }

  /** Begins the first era. False: another host was faster, or has a different password. @throws {StorageError} */
  async begin(): Promise<boolean> {
    if (this.#own === null && this.#current === null) await this.#beginAfter(null);
    return this.#own !== null;
  }

  async #beginAfter(before: string | null): Promise<void> {
    const verifier = await this.#options.password.verifier();
    const text = JSON.stringify({ id: crypto.randomUUID(), verifier } satisfies Stated);
    if (!await this.#state(text, before)) return;
    this.#judged = { text, isOurs: true };
    this.#own = text;
    if (before !== null) await this.#options.onBegin();
  }

  async #isOurs(text: string): Promise<boolean> {
    if (this.#judged?.text === text) return this.#judged.isOurs;
    const isOurs = await this.#options.password.isIn(statedIn(text).verifier);
    this.#judged = { text, isOurs };
    return isOurs;
  }

  async #state(text: string, over: string | null): Promise<boolean> {
    const { realm, shared } = this.#options;
    const isDone = await shared.put({ realm, key: ERA_KEY, text, livesMs: Infinity }, over);
    if (isDone) this.#current = text;
    return isDone;
  }

  #warnOnce(text: string): void {
    if (text === this.#warnedOf) return;
    this.#warnedOf = text;
    this.#options.onWarning(
      "Another host was started with a different MANAGER_PASSWORD: a login here is valid on this host only, until it is restarted with that one",
    );
  }
}

/** The id of the era in a fact; empty if there is none. */
export function eraIdIn(text: string): string {
  return statedIn(text).id;
}

/** A malformed fact gets a verifier that matches no password. */
function statedIn(text: string): Stated {
  const { id, verifier } = fieldsIn(text);
  const isStated = typeof id === "string" && id.length <= LONGEST_ID && typeof verifier === "string";
  return isStated ? { id, verifier } : { id: "", verifier: "" };
}
