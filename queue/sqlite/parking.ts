/**
 * Waiting jobs of kinds that no handler of this process knows. A claim that meets them parks them, together with as many
 * that stand behind them as take some milliseconds; they are back in line when a claim names their kind.
 */
import type { ParkedKind } from "../store.ts";
import { number, toText } from "./rows.ts";
import type { Statements } from "./statements.ts";

/** Jobs parked, or put back in line, by one statement: some 3 ms. */
const MOST_AT_ONCE = 500;
/** More are told as so many: counting takes its time as well, 2 ms for these. */
const MOST_COUNTED = 10_000;
const MOST_KINDS_TOLD = 20;

export class Parking {
  readonly #sql: Statements;
  #kinds: readonly string[] | null = null;
  #known = new Set<string>();
  #json = "[]";
  /** No job of a known kind is parked, as long as nobody else writes. */
  #isSettled = false;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Somebody else has written, and may have changed a kind or a status. */
  doubt(): void {
    this.#isSettled = false;
  }

  /** For the claim that follows, in its transaction: these kinds have handlers. */
  admit(kinds: readonly string[]): void {
    if (kinds !== this.#kinds) {
      this.#kinds = kinds;
      this.#known = new Set(kinds);
      this.#json = JSON.stringify(kinds);
      this.#isSettled = false;
    }
    if (this.#isSettled) return;
    // Not yet where some were: what is done here may be undone with its transaction.
    this.#isSettled = this.#sql.unpark.run(this.#json, MOST_AT_ONCE).changes === 0;
  }

  isKnown(kind: string): boolean {
    return this.#known.has(kind);
  }

  /** One that was claimed a moment ago, in the same transaction. */
  putAside(seq: number): void {
    this.#sql.putAside.run(seq);
  }

  /** Those that are due next at this priority. Answers how many there were. */
  parkAhead(level: number, now: number): number {
    return number(this.#sql.parkAhead.run(level, now, MOST_AT_ONCE, this.#json).changes);
  }
}

/** By kind, in alphabetical order. */
export function parkedKinds(sql: Statements): ParkedKind[] {
  return sql.parked.all(MOST_COUNTED, MOST_KINDS_TOLD).map(({ kind, n }) => ({
    kind: toText(kind),
    count: number(n),
  }));
}
