/** While the password is the published default, only this machine is let in, and only directly. */
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app_env.ts";
import { isLoopbackAddress } from "./loopback.ts";
import { Refusal } from "./refusal.ts";

/** Signs that somebody forwards for somebody else, who may be anywhere. */
function isForwarded(headers: Headers): boolean {
  return [...headers.keys()].some((name) => /^(?:forwarded|via|x-forwarded(?:-.*)?|x-real-ip)$/.test(name));
}

/** Refuses, with 403, peers on other machines and requests that came through a proxy. */
export const peerGuard: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!isLoopbackAddress(c.env.peer) || isForwarded(c.req.raw.headers)) {
    const message =
      "The password is still the default, so only this machine is served. Set MANAGER_PASSWORD.";
    throw new Refusal(403, "default_password", message);
  }
  await next();
};
