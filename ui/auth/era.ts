/**
 * The time since the password was last changed, as the hosts of one queue agree on it: a session of an earlier one counts
 * nowhere, so that going back to a former password does not bring back who was logged in with it.
 *
 * One fact says which era it is, with the verifier of its password. A host that finds one of another password when it starts
 * begins the next one. A host that still runs with the former password is alone from then on.
 */
import type { SharedByHosts } from "@persistent-queue/queue";
import { fieldsIn } from "./fields_in.ts";
import type { Password } from "./password.ts";

/** No session has it: the hash of a token is longer. */
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
  /** Hears that another host has another password. */
  readonly onWarning: (sentence: string) => void;
  /** Called when this host has begun an era in place of another one. */
  readonly onBegin: () => Promise<void>;
}

export class Era {
  readonly #options: EraOptions;
  /** The text of the fact as it was read last, and at first. */
  #standing: string | null = null;
  #first: string | null | undefined;
  /** The same, if it is of our password. */
  #own: string | null = null;
  /** What was warned of last. */
  #told: string | null = null;
  /** A verifier takes long to judge, and is judged once. */
  #judged: { readonly text: string; readonly isOurs: boolean } | null = null;

  constructor(options: EraOptions) {
    this.#options = options;
  }

  /** Null: no session is shared at the moment. */
  get id(): string | null {
    return this.#own === null ? null : eraIdIn(this.#own);
  }

  /** Whether what the fact says now has not been judged: its sessions count when it is. */
  get isUnjudged(): boolean {
    return this.#standing !== null && this.#standing !== this.#judged?.text;
  }

  /** Whether the hosts have another password than this one. */
  get isAlone(): boolean {
    return this.#standing !== null && this.#standing === this.#judged?.text && !this.#judged.isOurs;
  }

  /**
   * Takes over what the fact says. Returns whether the sessions that are known so far still count. `how`: `proven`: it is
   * known to be of our password; `unneeded`: it can stay unjudged, as judging takes a hash.
   * @throws {StorageError}; {HttpError} 503 when too many log in at once
   */
  async follow(text: string | null, how: "proven" | "unneeded" | "judge"): Promise<boolean> {
    this.#standing = text;
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
    else if (!isOurs) this.#tellOnce(text);
    return own === null;
  }

  /** Finds out whose the era is, for the next `follow`. @throws {HttpError} 503 */
  async judge(): Promise<void> {
    if (this.#standing !== null) await this.#isOurs(this.#standing);
  }

  /** Begins the first one. False: another host was quicker, or has another password. @throws {StorageError} */
  async begin(): Promise<boolean> {
    if (this.#own === null && this.#standing === null) await this.#beginAfter(null);
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
    if (isDone) this.#standing = text;
    return isDone;
  }

  #tellOnce(text: string): void {
    if (text === this.#told) return;
    this.#told = text;
    this.#options.onWarning(
      "Another host was started with another MANAGER_PASSWORD: who logs in here is logged in here alone, until this host is started again with that one",
    );
  }
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
