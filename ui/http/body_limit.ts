/**
 * hono's body limit reads the body even if the client announces its length: that turns the node:http request into a web
 * request and a stream, and costs more than all the checks of a request. node:http holds the client to the announced
 * length.
 */
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit as countedLimit } from "hono/body-limit";

/**
 * In bytes. A form encodes each byte of a letter that is not Latin as three, and so do a payload of 1 MiB and 200 ids of
 * 2,000 characters fit. What a field may hold is decided when it is decoded.
 */
export const FORM_BYTES = 4 * 1024 * 1024;

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

/** In bytes; null: unknown until the body is read. */
export function bodyLength({ req }: Context): number | null {
  if (req.method === "GET" || req.method === "HEAD") return 0;
  const length = req.header("content-length");
  return length === undefined || req.header("transfer-encoding") !== undefined ? null : Number(length);
}
