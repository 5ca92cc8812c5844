/**
 * hono's limit on bodies reads the body first where it could go by the length that the client tells: that makes a web
 * request and a stream of what node:http has, and costs more than all checks of a request. node:http holds the client
 * to that length.
 */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit as countedLimit } from "hono/body-limit";

export type BodyLimitOptions = Required<Parameters<typeof countedLimit>[0]>;

export function bodyLimit({ maxSize, onError }: BodyLimitOptions): MiddlewareHandler {
  const counted = countedLimit({ maxSize, onError });
  return async (c, next) => {
    const length = bodyLength(c);
    if (length === null) return await counted(c, next);
    if (length > maxSize) return await onError(c);
    await next();
  };
}

/** In bytes; null: it can only be counted. */
export function bodyLength({ req }: Context): number | null {
  if (req.method === "GET" || req.method === "HEAD") return 0;
  const length = req.header("content-length");
  return length === undefined || req.header("transfer-encoding") !== undefined ? null : Number(length);
}
