/**
 * Requests that change something must come from our own pages, or not from a browser at all.
 *
 * hono's csrf checks only form bodies and refuses clients that send neither header; but scripts must be able to log in,
 * and a JSON body from another site's page is as unwelcome as a form.
 */
import type { Context, MiddlewareHandler } from "hono";
import { isLoopbackAddress } from "@persistent-queue/queue";
import type { AppEnv } from "./app_env.ts";
import { authoritiesOf, withoutRootDot } from "./host_guard.ts";
import { HttpError } from "./errors.ts";

const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

function isOwnOrigin(origin: string, c: Context<AppEnv>): boolean {
  const [, scheme, authority = ""] = /^(https?):\/\/(.*)$/i.exec(origin) ?? [];
  if (scheme === undefined) return false;
  const name = withoutRootDot(authority);
  const publicUrl = c.env.publicOrigin === null ? null : new URL(c.env.publicOrigin);
  if (publicUrl !== null && name === withoutRootDot(publicUrl.host)) {
    // Whatever a proxy does to Host.
    if (`${scheme.toLowerCase()}:` === publicUrl.protocol) return true;
    // A page loaded over plain HTTP may have been tampered with on the way.
    if (publicUrl.protocol === "https:") return false;
  }
  // Without the scheme: behind a proxy that terminates TLS we see http, and the browser https.
  return name === withoutRootDot(authoritiesOf(c.req.raw)[0]);
}

/** Whether a browser says that this request does not come from one of our pages. */
function isForeign(c: Context<AppEnv>): boolean {
  const site = c.req.header("sec-fetch-site") ?? null;
  // "none": the user did it in the browser itself, by reloading for instance.
  if (site !== null) return site !== "same-origin" && site !== "none";
  const origin = c.req.header("origin");
  return origin !== undefined && !isOwnOrigin(origin, c);
}

/** Whether the browser names an origin that is not ours, even if it considers the request same-origin. */
function hasForeignOrigin(c: Context<AppEnv>): boolean {
  const origin = c.req.header("origin");
  return origin !== undefined && origin !== "null" && !isOwnOrigin(origin, c);
}

/** Also for requests that change nothing, but hold a connection for as long as they are open. */
export const ownPagesOnly: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (isForeign(c)) throw crossSite();
  await next();
};

export const sameOrigin: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!SAFE_METHODS.includes(c.req.method) && isForeign(c)) throw crossSite();
  await next();
};

function crossSite(): HttpError {
  return new HttpError(403, "cross_site", "This request comes from another site, and is refused.");
}

/**
 * While the password is the published default, only this machine is let in, and only directly.
 * Refuses, with 403, peers on other machines and requests that came through a proxy. A proxy that adds no header and puts
 * its own address into `Host` is given away by the origin that the browser names.
 */
export const peerGuard: MiddlewareHandler<AppEnv> = async (c, next) => {
  const { peer, isForwarded } = c.env.client;
  if (!isLoopbackAddress(peer) || isForwarded || hasForeignOrigin(c)) {
    const message =
      "The password is still the default, so only this machine is served, without a proxy. Set MANAGER_PASSWORD.";
    throw new HttpError(403, "default_password", message);
  }
  await next();
};
