/** What the lease of a job says about its claims. */
import { BACKEND } from "../backend.ts";

/** Whether this lease can be that of claim number `count`. Servers take leases from their clock: there they only grow. */
export function isOfClaim(count: number, lease: number): boolean {
  return BACKEND === "sqlite" ? lease === count : lease >= count;
}
