/**
 * The time since the password was last changed, as the hosts of one queue agree on it: a session of an earlier one counts
 * nowhere, so that going back to a former password does not bring back who was logged in with it.
 *
 * One fact says which era it is, with the verifier of its password. A host that starts with another password ends the era;
 * the first login after that begins the next one. A host that still runs with the former password stays alone then.
 */
import type { SharedByHosts } from "@persistent-queue/queue";
import { fieldsIn } from "./fields_in.ts";
import type { Password } from "./password.ts";

/** No session has it: the hash of a token is longer. */
export const ERA_KEY = "era";
const LONGEST_ID = 100;
/** In place of an era that has ended: nobody's password. */
const ENDED = textOf({ id: "", verifier: "" });

interface Stated {
  readonly id: string;
  readonly verifier: string;
}

export interface EraOptions {
  readonly realm: string;
  readonly shared: Pick<SharedByHosts, "put">;
  readonly password: Password;
  /** Hears that another host has another password. */
  readonly onWarning: (sentence: string) => void;
}

export class Era {
  readonly #options: EraOptions;
  /** The text of the fact as it was read last. */
  #standing: string | null = null;
  /** The text of ours, and whether it was ours once. */
  #own: string | null = null;
  #hadOne = false;
  /** A verifier takes long to judge, and is judged once. */
  #judged = { text: ENDED, isOurs: false };

  constructor(options: EraOptions) {
    this.#options = options;
  }

  /** Null: no session is shared at the moment. */
  get id(): string | null {
    return this.#own === null ? null : statedIn(this.#own).id;
  }

  /** Another host has another password, and this one had it first. */
  get isAlone(): boolean {
    return this.#hadOne && this.#own === null;
  }

  /** Whether what the fact says now has not been judged: its sessions count when it is. */
  get isUnjudged(): boolean {
    return this.#standing !== null && this.#standing !== this.#own && this.#judged.text !== this.#standing;
  }

  /**
   * Takes over what the fact says. Returns whether the sessions that are known so far still count.
   * `how`: `proven`: it is known to be of our password; `unneeded`: it can stay unjudged, which takes a hash; otherwise it is
   * judged.
   * @throws {StorageError}; {HttpError} 503 when too many log in at once
   */
  async follow(text: string | null, how: "proven" | "unneeded" | "judge"): Promise<boolean> {
    this.#standing = text;
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
    if (!isOurs && this.#hadOne) this.#tellOnce(own);
    else if (!isOurs && text !== ENDED) await this.#state(ENDED, text);
    this.#hadOne ||= isOurs;
    return own === null;
  }

  /** Finds out whose the era is, for the next `follow`. @throws {HttpError} 503 */
  async judge(): Promise<void> {
    if (this.#standing !== null) await this.#isOurs(this.#standing);
  }

  /** Begins one where there is none. False: another host was quicker, or has another password. @throws {StorageError} */
  async begin(): Promise<boolean> {
    if (this.#own !== null) return true;
    if (this.#hadOne) return false;
    const id = crypto.randomUUID();
    const text = textOf({ id, verifier: await this.#options.password.verifier() });
    if (!await this.#state(text, this.#standing)) return false;
    this.#own = text;
    this.#hadOne = true;
    return true;
  }

  async #isOurs(text: string): Promise<boolean> {
    if (this.#judged.text !== text) {
      const isOurs = await this.#options.password.isIn(statedIn(text).verifier);
      this.#judged = { text, isOurs };
    }
    return this.#judged.isOurs;
  }

  async #state(text: string, over: string | null): Promise<boolean> {
    const { realm, shared } = this.#options;
    const isDone = await shared.put({ realm, key: ERA_KEY, text, livesMs: Infinity }, over);
    if (isDone) this.#standing = text;
    return isDone;
  }

  #tellOnce(own: string | null): void {
    if (own === null) return;
    this.#options.onWarning(
      "Another host was started with another MANAGER_PASSWORD: who logs in here is logged in here alone, until this host is started again with that one",
    );
  }
}

function textOf(stated: Stated): string {
  return JSON.stringify(stated);
}

/** The id of the era that a fact states; empty: of none. */
export function eraIdIn(text: string): string {
  return statedIn(text).id;
}

/** What is not ours has no verifier that a password is in. */
function statedIn(text: string): Stated {
  const { id, verifier } = fieldsIn(text);
  const isStated = typeof id === "string" && id.length <= LONGEST_ID && typeof verifier === "string";
  return isStated ? { id, verifier } : { id: "", verifier: "" };
}
