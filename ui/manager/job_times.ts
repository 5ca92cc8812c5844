/** How long a job waited, and how long it has run. Milliseconds since 1970, by the server's clock; null: not known. */
import type { WireJob } from "./views.ts";

type Times = Pick<WireJob, "status" | "created_at" | "run_at" | "started_at" | "finished_at">;

/** From when it was due until it was taken; while it is PENDING and due, until now. */
export function waitedMs({ status, created_at, run_at, started_at }: Times, now: number): number | null {
  const dueAt = Math.max(created_at, run_at);
  if (status === "PENDING") return dueAt <= now ? now - dueAt : null;
  // A retry has moved the time it is due behind its start: when it was first due is not kept.
  return started_at === null || dueAt > started_at ? null : started_at - dueAt;
}

/** From when it was taken until it ended, its retries and the waits between them included. */
export function ranMs({ status, started_at, finished_at }: Times, now: number): number | null {
  if (started_at === null || status === "PENDING") return null;
  if (status === "PROCESSING") return Math.max(0, now - started_at);
  return finished_at === null || finished_at < started_at ? null : finished_at - started_at;
}
