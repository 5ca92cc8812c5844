/** What a job of another kind than `changes` sees of the changes. */
import type { HandlerJob } from "@persistent-queue/workers";
import { handler as changes } from "./changes.ts";

export function handler(job: HandlerJob): unknown {
  return changes(job);
}
