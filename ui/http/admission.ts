/** The last step before work on a request begins. */
import type { MiddlewareHandler } from "hono";
import type { AppEnv, Progress } from "./app_env.ts";
import { HttpError } from "./errors.ts";

export const whenThereIsRoom: MiddlewareHandler<AppEnv> = async (c, next) => {
  if (!await c.env.room()) {
    const options = { headers: { "Retry-After": "10" } };
    throw new HttpError(503, "busy", "Very many answers wait for slow readers. Try again later.", options);
  }
  c.env.progress.begin();
  await next();
};

/** For an app that no server of ours serves. */
export const ALWAYS_ROOM = () => Promise.resolve(true);
export const UNWATCHED: Progress = { begin: () => {}, end: () => {} };
