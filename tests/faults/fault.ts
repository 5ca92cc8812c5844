/** One row of the fault plan: a fault that can be tried repeatedly, and what must hold after each try. */
import { BACKEND } from "../support/backend.ts";
import type { Random } from "../support/random.ts";

export interface Fault {
  /** Its letter in the plan, the argument of `deno task torture`. */
  readonly letter: string;
  /** What is done to the system, in a few words. */
  readonly title: string;
  /** What it is about, if other backends do not have it. */
  readonly about?: "SQLite" | "edits by hand";
  /** How many tries: in every test run, and in the long one. */
  readonly tries: { readonly each: number; readonly long: number };
  /**
   * Endless tries. Each yields its violations: sentences about broken guarantees; none = all is well.
   * Resources that the tries share are created here, and cleaned up when no further try is requested.
   */
  attempts(random: Random): AsyncGenerator<readonly string[], void, void>;
}

/** Whether this run can try it. */
export function isTried({ about }: Fault): boolean {
  return BACKEND === "sqlite" || about === undefined || about === "edits by hand" && BACKEND !== "redis";
}

export interface Suffered {
  readonly tries: number;
  readonly violations: readonly string[];
}

export interface SufferOptions {
  readonly random: Random;
  readonly tries: number;
  /** By the monotonic clock; no new try begins after it. */
  readonly until?: number;
}

/** More violations add nothing: the first ones show what is wrong. */
const MAX_VIOLATIONS = 10;

export async function suffer(
  fault: Fault,
  { random, tries, until = Infinity }: SufferOptions,
): Promise<Suffered> {
  const violations: string[] = [];
  let tried = 0;
  for await (const broken of fault.attempts(random)) {
    tried += 1;
    violations.push(...broken.map((violation) => `try ${tried}: ${violation}`));
    if (tried >= tries || violations.length >= MAX_VIOLATIONS || performance.now() > until) break;
  }
  return { tries: tried, violations };
}
