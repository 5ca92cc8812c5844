import type { Context } from "hono";
import type { OpsPorts } from "./ports.ts";

/** For whoever watches the process: 200, or 503 with the reason. Without login, so it says little. */
export function healthz(c: Context, { queue, system, now, version }: OpsPorts): Response {
  const view = system.view();
  const reason = view.trouble ?? queue.trouble;
  if (reason !== null) return c.json({ status: "unavailable", reason }, 503);
  return c.json({ status: "ok", version, uptime_ms: Math.max(0, now() - view.startedAt) });
}
