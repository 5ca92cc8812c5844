/** What the simulation reads from settlements and jobs. */
import type { Job } from "../../../queue/job.ts";
import type { Settlement } from "../../../queue/ending.ts";

/** A sweep or recovery that comes too late is not a late write of a worker. */
export function isOfSweep(settlement: Settlement): boolean {
  return settlement.verb === "release" &&
    /^(?:No heartbeat for more than|The process died)/.test(settlement.detail ?? "");
}

/** Jobs as id, number and lease, one line each. */
export function brief(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("id" in value && "seq" in value)) return value;
  const { id, lease, status } = value as Partial<Job>;
  return `${id}:${lease}${status ? ` ${status}` : ""}`;
}
