/**
 * For programs that watch the process, without a login and under any host name: a load balancer or an orchestrator asks by an
 * its own address. So the responses hold nothing that a stranger may not know: no path, no version.
 */
import { type Context, Hono } from "hono";
import type { AppEnv } from "../http/app_env.ts";
import type { OpsDeps } from "../page_deps.ts";

/** Some load balancers ask by OPTIONS. */
const METHODS = ["GET", "OPTIONS"];

export function probes(deps: OpsDeps): Hono<AppEnv> {
  const probe = (reasonOf: (deps: OpsDeps) => string | null) => (c: Context<AppEnv>) => {
    const reason = reasonOf(deps);
    return reason === null ? c.json({ status: "ok" }) : c.json({ status: "unavailable", reason }, 503);
  };
  return new Hono<AppEnv>()
    .on(METHODS, "/healthz", probe(whyUnhealthy))
    .on(METHODS, "/ready", probe(whyNotReady))
    // A response at all says that the process lives.
    .on(METHODS, "/live", probe(() => null));
}

function whyUnhealthy({ queue, system }: OpsDeps): string | null {
  return queue.publicTrouble ?? system.view().trouble;
}

function whyNotReady({ system }: OpsDeps): string | null {
  const { starting, stopping } = system.view();
  if (stopping) return "The system is stopping.";
  return starting ? "The system is starting." : null;
}
