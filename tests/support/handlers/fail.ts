/** Throws as often as the payload says, which may be followed by filler text; then it succeeds. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob, { attempt }: HandlerContext): string {
  if (attempt <= Number.parseInt(String(payload))) throw new Error(`attempt ${attempt} failed on purpose`);
  return `done at attempt ${attempt}`;
}
