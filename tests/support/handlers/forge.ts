/// <reference lib="deno.worker" />
/** Sends the messages of its payload as if its thread had, then goes on for a moment. */
import type { HandlerJob } from "@persistent-queue/workers";

export async function handler({ payload }: HandlerJob): Promise<string> {
  // JSON knows no such number.
  const revive = (value: unknown) => value === "NaN" ? NaN : value;
  for (const message of payload as Record<string, unknown>[]) {
    self.postMessage({ ...message, busyMs: revive(message.busyMs) });
  }
  await new Promise((resolve) => setTimeout(resolve, 30));
  return "done";
}
