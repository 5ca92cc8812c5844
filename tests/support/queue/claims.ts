/** What the lease of a job says about its claims. */
import { BACKEND } from "../backend.ts";

/** Whether this lease can be that of claim number `count`. Servers derive leases from their clock, so they only grow. */
export function isOfClaim(count: number, lease: number): boolean {
  return BACKEND === "sqlite" ? lease === count : lease >= count;
}
