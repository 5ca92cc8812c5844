/**
 * Only requests that name this server are served. A foreign page whose name was made to resolve to 127.0.0.1 (DNS
 * rebinding) sends its own name in `Host`, and is refused here.
 */
import type { MiddlewareHandler } from "hono";
import { isLoopbackName } from "@persistent-queue/queue";
import { HttpError } from "./errors.ts";

/** Stands for the missing host of an HTTP/1.0 request; no host can have this name. */
export const NO_HOST = "host.invalid";

const EVERY_ADDRESS = ["0.0.0.0", "::", "[::]"];

/** `localhost.:8501` → `localhost:8501`: a trailing dot only marks a name as fully qualified. */
export function withoutRootDot(authority: string): string {
  return authority.replace(/(?<=[a-z0-9_-])\.(?=(?::\d{0,5})?$)/i, "");
}

/** `localhost:8501` → `localhost`, `[::1]:8501` → `::1`; null if it is not a host. Never throws. */
export function hostnameOf(given: string): string | null {
  const authority = withoutRootDot(given);
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{0,5})?$/i.exec(authority);
  // `localhost:99999` and `127.0.0.256` look like hosts but are not valid: parsing them throws.
  if (!URL.canParse(`http://${authority}`)) return null;
  return (match?.[1] ?? match?.[2])?.toLowerCase() ?? null;
}

export interface HostGuardOptions {
  /** What the server is bound to. */
  readonly host: string;
  /** The address of `host`, if that is a name. */
  readonly bindAddress?: string;
  /** Additional names and addresses that people use. */
  readonly allowedHosts?: readonly string[];
  readonly publicUrl?: string | null;
  readonly otherPublicUrl?: string | null;
}

/** Whether a request for this host name may be meant for this server. */
function hostRule(options: HostGuardOptions): (name: string) => boolean {
  const bound = [options.host, options.bindAddress ?? options.host].map((host) => {
    return host.toLowerCase().replace(/^\[|\]$/g, "");
  });
  const names = new Set([...bound, ...options.allowedHosts ?? [], ...publicNames(options)]);
  // Address literals are not resolved, so they cannot be rebound.
  const isEvery = bound.some((host) => EVERY_ADDRESS.includes(host));
  const isLocal = isEvery || bound.some(isLoopbackName);
  return (name) => {
    if (isEvery && isAddressLiteral(name)) return true;
    return names.has(name) || (isLocal && isLoopbackName(name));
  };
}

function publicNames({ publicUrl = null, otherPublicUrl = null }: HostGuardOptions): string[] {
  return [publicUrl, otherPublicUrl].flatMap((url) =>
    url === null ? [] : hostnameOf(new URL(url).host) ?? []
  );
}

function isAddressLiteral(name: string): boolean {
  return /^\d{1,3}(?:\.\d{1,3}){3}$/.test(name) || name.includes(":");
}

/** The host that the request names, in `Host` and in its URL, which may differ. */
export function authoritiesOf(request: Request): [string, ...string[]] {
  const header = request.headers.get("host");
  const ofUrl = /^https?:\/\/([^/?#]*)/i.exec(request.url)?.[1] ?? "";
  return header === null ? [ofUrl] : [header, ofUrl];
}

/** 400 for a malformed Host, 403 for one that is not ours. */
export function hostGuard(options: HostGuardOptions): MiddlewareHandler {
  const isOurs = hostRule(options);
  return async (c, next) => {
    for (const authority of authoritiesOf(c.req.raw)) {
      const name = hostnameOf(authority);
      if (name === null || name === NO_HOST) {
        throw new HttpError(400, "bad_host", "The Host header of this request is malformed, or missing.");
      }
      if (!isOurs(name)) {
        const message =
          `This server does not answer to the host name ${name.slice(0, 80)}. If it is one of its names, ` +
          "add it to ALLOWED_HOSTS, or set PUBLIC_URL to the address that people use.";
        throw new HttpError(403, "wrong_host", message);
      }
    }
    await next();
  };
}
