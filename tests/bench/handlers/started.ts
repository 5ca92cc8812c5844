/** Returns when it began, in milliseconds since 1970 with fractions. */
import { preciseNow } from "../precise_now.ts";

export function handler(): number {
  return preciseNow();
}
