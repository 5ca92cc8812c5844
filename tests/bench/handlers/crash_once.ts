/// <reference lib="deno.worker" />
/** Takes its thread down at the first try and notes when, in the file that its id names; then as `started`. */
import type { HandlerJob } from "@persistent-queue/workers";
import { preciseNow } from "../precise_now.ts";

export function handler({ id, lease }: HandlerJob): number | Promise<never> {
  if (lease > 1) return preciseNow();
  Deno.writeTextFileSync(id, String(preciseNow()));
  self.close();
  return new Promise(() => {});
}
