/** The headers of every response, errors and redirects included. */
import type { Context, MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import type { AppEnv } from "./app_env.ts";
import { authoritiesOf, hostnameOf } from "./host_guard.ts";
import { isLoopbackName } from "@persistent-queue/queue";

const secure = secureHeaders({
  contentSecurityPolicy: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    formAction: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  },
  xFrameOptions: "DENY",
  // It would apply to every other server on this host name as well.
  strictTransportSecurity: false,
});

export interface HeadersOptions {
  readonly passwordIsDefault: boolean;
  readonly publicUrl?: string | null;
}

export function headers({ passwordIsDefault, publicUrl = null }: HeadersOptions): MiddlewareHandler<AppEnv> {
  const isPlainPublic = publicUrl?.startsWith("http:") ?? false;
  return async (c, next) => {
    await secure(c, next);
    if (!c.res.headers.has("etag")) c.header("Cache-Control", "no-store");
    // Under no-referrer a form sends "Origin: null"; where the origin is checked, or Sec-Fetch-Site is missing, nothing
    // would tell our own form from a stranger's.
    const needsOrigin = passwordIsDefault || isPlainPublic || !sendsFetchSite(c);
    if (needsOrigin) c.header("Referrer-Policy", "same-origin");
  };
}

/** Whether browsers send `Sec-Fetch-Site` to this address: over https, and to the machine itself. */
function sendsFetchSite(c: Context<AppEnv>): boolean {
  const { isHttps, isForwarded } = c.env.client;
  return isHttps || (!isForwarded && isLoopbackName(hostnameOf(authoritiesOf(c.req.raw)[0]) ?? ""));
}
