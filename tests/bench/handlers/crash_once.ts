/** Crashes its thread at the first try and notes when, in the file that its id names; then behaves as `started`. */
import type { HandlerJob } from "@persistent-queue/workers";
import { preciseNow } from "../precise_now.ts";

export function handler({ id, lease }: HandlerJob): number | Promise<never> {
  if (lease > 1) return preciseNow();
  Deno.writeTextFileSync(id, String(preciseNow()));
  setTimeout(() => {
    throw new Error("thrown outside of the handler");
  });
  return new Promise(() => {});
}
