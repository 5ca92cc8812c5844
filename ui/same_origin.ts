/**
 * Requests that change something must come from our own pages, or from no browser at all.
 *
 * hono's csrf looks only at form bodies and refuses clients that send neither header; scripts have to be able to log
 * in, and a JSON body from a foreign page is as unwelcome as a form.
 */
import type { MiddlewareHandler } from "hono";
import { authoritiesOf } from "./host_guard.ts";
import { Refusal } from "./refusal.ts";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

function isOwnOrigin(origin: string, host: string): boolean {
  // Without the scheme: behind a proxy that ends TLS we see http, and the browser https.
  return /^https?:\/\//i.test(origin) && origin.replace(/^https?:\/\//i, "") === host;
}

/** Whether a browser says that this request does not come from one of our pages. */
function isForeign(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  // "none": the person did it with the browser itself, by reloading for instance.
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = request.headers.get("origin");
  return origin !== null && !isOwnOrigin(origin, authoritiesOf(request)[0]);
}

/** Also for what changes nothing, but takes up a place for as long as it is open. */
export const ownPagesOnly: MiddlewareHandler = async (c, next) => {
  if (isForeign(c.req.raw)) throw crossSite();
  await next();
};

export const sameOrigin: MiddlewareHandler = async (c, next) => {
  if (!SAFE_METHODS.includes(c.req.method) && isForeign(c.req.raw)) throw crossSite();
  await next();
};

function crossSite(): Refusal {
  return new Refusal(403, "cross_site", "This request comes from another site, and is refused.");
}
