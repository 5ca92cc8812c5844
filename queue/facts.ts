/**
 * Facts that the processes on a queue share, such as who is logged in: small texts, in a realm, by key, until they expire by
 * the clock of the store. The queue makes nothing of them, and a copy of a queue leaves them behind.
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
   * Writes the fact in place of the text `over`, or of none (`null`). False: another text is there, or none, and nothing is
   * written. A realm holds about `MOST_FACTS`: of more, those that expire first give way.
   * @throws {StorageError}; {RejectedWrite} if a bound is broken
   */
  put(fact: Fact, over: string | null): Promise<boolean>;
  /** @throws {StorageError} */
  remove(realm: string, key: string): Promise<void>;
  /** All of the realm that have not expired. @throws {StorageError} */
  list(realm: string): Promise<Pick<Fact, "key" | "text">[]>;
}

export const MOST_FACTS = 1_000;
/** What one step of the upkeep removes of a realm that is read no more. */
export const MOST_EXPIRED = 1_000;
const LONGEST_TEXT = 1_000;
const NAME = /^[\w.-]{1,100}$/;

/** What a store keeps of a fact. @throws {RejectedWrite} */
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
