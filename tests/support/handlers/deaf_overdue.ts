/** Ignores its deadline the first time; then it succeeds at once. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";
import { isFirstTime } from "../system/first_time.ts";

export const deadlineMs = 30;

export function handler(job: HandlerJob, context: HandlerContext): string | Promise<never> {
  return isFirstTime(job, context) ? new Promise(() => {}) : "done by another";
}
