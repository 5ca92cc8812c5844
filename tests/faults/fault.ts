/** One row of the fault plan: a misfortune that can be tried again and again, and what must hold after each try. */
import type { Random } from "../support/random.ts";

export interface Fault {
  /** Its letter in the plan, by which `deno task torture` is asked for it. */
  readonly letter: string;
  /** What is done to the system, in a few words. */
  readonly title: string;
  /** How often: in every test run, and in the long one. */
  readonly tries: { readonly each: number; readonly long: number };
  /**
   * Tries without end. Each yields its violations: sentences about promises that were broken, none = all is well.
   * What the tries share is made in here, and cleaned up when nobody asks for another one.
   */
  attempts(random: Random): AsyncGenerator<readonly string[], void, void>;
}

export interface Suffered {
  readonly tries: number;
  readonly violations: readonly string[];
}

export interface SufferOptions {
  readonly random: Random;
  readonly tries: number;
  /** Monotonic; no new try begins after it. */
  readonly until?: number;
}

/** Enough is enough: the first ones tell what is wrong. */
const MOST_VIOLATIONS = 10;

export async function suffer(
  fault: Fault,
  { random, tries, until = Infinity }: SufferOptions,
): Promise<Suffered> {
  const violations: string[] = [];
  let tried = 0;
  for await (const broken of fault.attempts(random)) {
    tried += 1;
    violations.push(...broken.map((violation) => `try ${tried}: ${violation}`));
    if (tried >= tries || violations.length >= MOST_VIOLATIONS || performance.now() > until) break;
  }
  return { tries: tried, violations };
}
