/** What the lease of a job says about its claims. */
import { BACKEND } from "../backend.ts";

/** Whether this lease can be that of claim number `count`. Redis takes leases from its clock: there they only grow. */
export function isOfClaim(count: number, lease: number): boolean {
  return BACKEND === "redis" ? lease >= count : lease === count;
}
