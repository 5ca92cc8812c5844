import { duration } from "../components/format.ts";
import type { WireJob } from "./views.ts";

/** `due in 59 min`, `retry in 2 s`: what a job waits for, if it is a time. `now` by the server's clock. */
export function waitOf(
  { status, run_at, retries }: Pick<WireJob, "status" | "run_at" | "retries">,
  now: number,
): string | null {
  const waitMs = run_at - now;
  if (waitMs <= 0) return null;
  if (status === "PENDING") return `due in ${duration(waitMs)}`;
  // Whoever is at work was due when it was taken: it waits for another attempt.
  if (status === "PROCESSING") return `${retries > 0 ? "retry" : "again"} in ${duration(waitMs)}`;
  return null;
}
