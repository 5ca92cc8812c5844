/** While the password is the published default, only this machine is let in, and only directly. */
import type { MiddlewareHandler } from "hono";
import type { AppEnv } from "./app_env.ts";
import { isLoopbackAddress } from "@persistent-queue/queue";
import { HttpError } from "./errors.ts";
import { hasForeignOrigin } from "./same_origin.ts";

/**
 * Refuses, with 403, peers on other machines and requests that came through a proxy. One that adds no header and writes its
 * own address into `Host` shows by the origin that the browser names.
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
