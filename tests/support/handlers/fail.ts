/** Throws, as often as the payload says; then it is done. */
import type { HandlerContext, HandlerJob } from "@persistent-queue/workers";

export function handler({ payload }: HandlerJob, { attempt }: HandlerContext): string {
  if (attempt <= Number(payload)) throw new Error(`attempt ${attempt} failed on purpose`);
  return `done at attempt ${attempt}`;
}
