/** Keeps asking to be called again until as many milliseconds as the payload says have passed since its first call. */
import { type HandlerJob, RetryLater } from "@persistent-queue/workers";

const until = new Map<string, number>();

export function handler({ id, payload }: HandlerJob): void {
  const end = until.get(id) ?? Date.now() + Number(payload);
  until.set(id, end);
  if (Date.now() < end) throw new RetryLater(30);
}
