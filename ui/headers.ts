/** The headers of every answer, errors and redirects included. */
import type { MiddlewareHandler } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { authoritiesOf, hostnameOf } from "./host_guard.ts";
import { isLoopbackName } from "./loopback.ts";

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
  // It would bind every other server on this host name as well.
  strictTransportSecurity: false,
});

/** `host` is the address this server is bound to. */
export function headers(host: string): MiddlewareHandler {
  const isLocal = isLoopbackName(host);
  return async (c, next) => {
    await secure(c, next);
    if (!c.res.headers.has("etag")) c.header("Cache-Control", "no-store");
    // Under no-referrer a form sends "Origin: null"; where there is no Sec-Fetch-Site either, nothing would be left
    // to tell our own form from a stranger's.
    if (!isLocal && !sendsFetchSite(c.req.raw)) c.header("Referrer-Policy", "same-origin");
  };
}

/** Whether browsers send `Sec-Fetch-Site` to this address: over https, and to the machine itself. */
function sendsFetchSite(request: Request): boolean {
  return request.url.startsWith("https:") || isLoopbackName(hostnameOf(authoritiesOf(request)[0]) ?? "");
}
