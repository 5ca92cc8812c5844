import type { Context } from "hono";

/** More of them in one request are not a browser's. */
const MOST = 5;

/**
 * Every value that came under this name. There may be several: a page of another port of this host may have set one
 * for a narrower path, which the browser then sends first.
 */
export function tokensOf(c: Context, cookieName: string): string[] {
  const pairs = (c.req.header("cookie") ?? "").split(";").map((pair) => pair.trim());
  const own = pairs.filter((pair) => pair.startsWith(`${cookieName}=`));
  return own.slice(0, MOST).map((pair) => pair.slice(cookieName.length + 1));
}
