/** What a thrown value means for its job. */
import { GiveUp, RetryLater } from "../handler.ts";

/** The handler ran past its deadline. */
export class TimedOut extends Error {}

type Failure =
  | { readonly type: "threw" | "gave-up" | "timed-out"; readonly delayMs?: never }
  /** Handlers are not always type-checked. */
  | { readonly type: "retry-later"; readonly delayMs: unknown };

export function kindOf(thrown: unknown): Failure {
  try {
    if (thrown instanceof GiveUp) return { type: "gave-up" };
    if (thrown instanceof RetryLater) return { type: "retry-later", delayMs: thrown.delayMs };
    if (thrown instanceof TimedOut) return { type: "timed-out" };
  } catch {
    // It is a proxy whose class cannot be read, or has a getter that throws.
  }
  return { type: "threw" };
}
