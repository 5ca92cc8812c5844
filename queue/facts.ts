/**
 * Facts that the processes on a queue share, such as who is logged in: small texts by realm and key, until they expire
 * by the store's clock. The queue does not interpret them, and copying a queue leaves them behind.
 */
import { RejectedWrite } from "./errors.ts";
import { MAX_TIME } from "./job.ts";

export interface Fact {
  /** 1 to 100 letters, digits, dots, hyphens and underscores. */
  readonly realm: string;
  /** The same, unique in the realm. */
  readonly key: string;
  /** At most 1,000 characters, without NUL. */
  readonly text: string;
  /** Milliseconds from now, more than 0; `Infinity`: until it is removed. */
  readonly livesMs: number;
}

export interface Facts {
  /**
   * Writes the fact if the stored text is `over`; `null` means that nothing is stored. Returns false, and writes
   * nothing, if the stored text is another one. A realm holds about `MAX_FACTS`; beyond that, those that expire first
   * are dropped.
   * @throws {StorageError}; {RejectedWrite} if a bound is broken
   */
  put(fact: Fact, over: string | null): Promise<boolean>;
  /** @throws {StorageError} */
  remove(realm: string, key: string): Promise<void>;
  /** All unexpired facts of the realm. @throws {StorageError} */
  list(realm: string): Promise<Pick<Fact, "key" | "text">[]>;
}

export const MAX_FACTS = 1_000;
/** How many expired facts one upkeep step removes from a realm that is no longer read. */
export const MAX_EXPIRED = 1_000;
const LONGEST_TEXT = 1_000;
const NAME = /^[\w.-]{1,100}$/;

/** Returns the fact as a store keeps it. @throws {RejectedWrite} */
export function checkedFact({ realm, key, text, livesMs }: Fact): Fact {
  if (!NAME.test(realm) || !NAME.test(key)) {
    refuse("a realm and a key have 1 to 100 letters, digits, dots, hyphens and underscores");
  }
  if (text.length > LONGEST_TEXT || text.includes("\0")) {
    refuse(`a text has at most ${LONGEST_TEXT} characters, and no NUL`);
  }
  if (!(livesMs > 0)) refuse("a fact lives longer than 0 ms");
  return { realm, key, text: text.toWellFormed(), livesMs: Math.ceil(Math.min(livesMs, MAX_TIME)) };
}

function refuse(rule: string): never {
  throw new RejectedWrite(`The fact was refused: ${rule}.`);
}
