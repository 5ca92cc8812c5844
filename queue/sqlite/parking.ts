/**
 * Waiting jobs of kinds for which this process has no handler. A claim that meets them parks them, together with as
 * many of the jobs behind them as it can in a few milliseconds; they return to the line when a claim names their kind.
 */
import type { ParkedKind } from "../store.ts";
import { number, toText } from "../storing/rows.ts";
import type { Statements } from "./statements.ts";

/** How many jobs one statement parks, or returns to the line: about 3 ms. */
const MAX_AT_ONCE = 500;
/** Counting stops here, because it takes time too: 2 ms for this many. */
const MAX_COUNTED = 10_000;
const MAX_KINDS_TOLD = 20;

export class Parking {
  readonly #sql: Statements;
  #kinds: readonly string[] | null = null;
  #known = new Set<string>();
  #json = "[]";
  /** True if no job of a known kind is parked, provided that no other program writes. */
  #isSettled = false;

  constructor(sql: Statements) {
    this.#sql = sql;
  }

  /** Another program may have changed a kind or a status. */
  noteOutsideChange(): void {
    this.#isSettled = false;
  }

  /** Unparks jobs of the kinds that have handlers, in the transaction of the claim that follows. */
  admit(kinds: readonly string[]): void {
    if (kinds !== this.#kinds) {
      this.#kinds = kinds;
      this.#known = new Set(kinds);
      this.#json = JSON.stringify(kinds);
      this.#isSettled = false;
    }
    if (this.#isSettled) return;
    // Not settled if jobs were unparked, because the transaction may still be rolled back.
    this.#isSettled = this.#sql.unpark.run(this.#json, MAX_AT_ONCE).changes === 0;
  }

  isKnown(kind: string): boolean {
    return this.#known.has(kind);
  }

  /** Parks a job that was just claimed in the same transaction. */
  parkClaimed(seq: number): void {
    this.#sql.parkClaimed.run(seq);
  }

  /** Parks the jobs without a handler that are due next at this priority. Returns how many there were. */
  parkAhead(level: number, now: number): number {
    return number(this.#sql.parkAhead.run(level, now, MAX_AT_ONCE, this.#json).changes);
  }
}

/** Ordered by kind. */
export function parkedKinds(sql: Statements): ParkedKind[] {
  return sql.parked.all(MAX_COUNTED, MAX_KINDS_TOLD).map(({ kind, n }) => ({
    kind: toText(kind),
    count: number(n),
  }));
}
