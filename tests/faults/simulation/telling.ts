/** What the simulation reads out of settlements and jobs. */
import type { Job } from "../../../queue/job.ts";
import type { Settlement } from "../../../queue/ending.ts";

/** A sweep or a recovery that comes too late is no late write of a worker. */
export function isOfSweep(settlement: Settlement): boolean {
  return settlement.verb === "release" &&
    /^(?:No heartbeat for more than|The process died)/.test(settlement.detail ?? "");
}

/** Jobs as their id, number and lease: a line each is enough. */
export function brief(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("id" in value && "seq" in value)) return value;
  const { id, lease, status } = value as Partial<Job>;
  return `${id}:${lease}${status ? ` ${status}` : ""}`;
}
