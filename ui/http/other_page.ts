import type { Context } from "hono";
import type { AppEnv } from "./app_env.ts";
import { authoritiesOf, hostnameOf } from "./host_guard.ts";

export interface Neighbours {
  /** Where this page listens. */
  readonly port: number;
  /** Where the other page listens; without it no link leads there, unless its public address is known. */
  readonly otherPort?: number | undefined;
  /** How people reach the other page; null = as it is bound. */
  readonly otherPublicUrl?: string | null;
}

/**
 * The address of the other page: the public one, or the other port under the name by which the visitor came here
 * (`http://localhost:8502`). Null where neither is known: a visitor who comes through a proxy, or through a port that is mapped to
 * ours, may reach the other page anywhere, and under this name meets a stranger.
 */
export function otherPage(
  c: Context<AppEnv>,
  { port, otherPort, otherPublicUrl = null }: Neighbours,
): string | null {
  if (otherPublicUrl !== null) return otherPublicUrl;
  const [authority] = authoritiesOf(c.req.raw);
  const name = hostnameOf(authority);
  const isDirect = !c.env.client.isForwarded && authority.endsWith(`:${port}`);
  if (!isDirect || name === null || !otherPort) return null;
  return `http://${name.includes(":") ? `[${name}]` : name}:${otherPort}`;
}
