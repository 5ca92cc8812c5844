/**
 * Only requests that name this server are served. A page of a stranger whose name was made to resolve to 127.0.0.1
 * (DNS rebinding) carries the stranger's name in `Host`, and ends here.
 */
import type { MiddlewareHandler } from "hono";
import { isLoopbackName } from "./loopback.ts";
import { Refusal } from "./refusal.ts";

const EVERY_ADDRESS = ["0.0.0.0", "::", "[::]"];

/** `localhost:8501` → `localhost`, `[::1]:8501` → `::1`; null when it is no host at all. Never throws. */
export function hostnameOf(authority: string): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(authority);
  // `localhost:99999` and `127.0.0.256` look like hosts, but no address can be made of them: whoever tries, throws.
  if (!URL.canParse(`http://${authority}`)) return null;
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}

/** Whether a request that names `name` may be meant for a server that is bound to `host`. */
export function isAllowedHost(name: string, host: string): boolean {
  // No name resolves to an address literal, so those cannot be rebound.
  if (EVERY_ADDRESS.includes(host)) return name === "localhost" || isAddressLiteral(name);
  if (name === host.toLowerCase().replace(/^\[|\]$/g, "")) return true;
  return isLoopbackName(host) && isLoopbackName(name);
}

function isAddressLiteral(name: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || name.includes(":");
}

/** Whom the request wants to reach: as `Host` says, and as its own address says, where they may differ. */
export function authoritiesOf(request: Request): [string, ...string[]] {
  const header = request.headers.get("host");
  const ofUrl = /^https?:\/\/([^/?#]*)/i.exec(request.url)?.[1] ?? "";
  return header === null ? [ofUrl] : [header, ofUrl];
}

/** 400 for a Host that is none, 403 for one that is not ours. `host` is the address this server is bound to. */
export function hostGuard(host: string): MiddlewareHandler {
  return async (c, next) => {
    for (const authority of authoritiesOf(c.req.raw)) {
      const name = hostnameOf(authority);
      if (name === null) throw new Refusal(400, "bad_host", "The Host header of this request is malformed.");
      if (!isAllowedHost(name, host)) {
        const message =
          "This server does not answer to that host name. Use the address it is bound to, or set HOST.";
        throw new Refusal(403, "wrong_host", message);
      }
    }
    await next();
  };
}
