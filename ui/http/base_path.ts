/**
 * Pages below a path, such as `https://queue.example.com/jobs`. Inside, every path is the app's own (`/consumers`): the
 * base is taken off as a request comes in, and put before whatever leads back here as its answer goes out. So links are
 * written as if there were no base, and a proxy may strip it or not.
 */
import { ServeError } from "./errors.ts";

/** `/jobs` of `https://queue.example.com/jobs`; empty where the pages are at the top. */
export function basePathOf(publicUrl: string | null): string {
  return publicUrl === null ? "" : new URL(publicUrl).pathname.replace(/\/$/, "");
}

/** @throws {ServeError} if a proxy that strips the base could not be told from one that does not */
export function refuseOwnPath(base: string, routes: readonly string[]): void {
  const isOwn = base !== "" && routes.some((route) => route === base || route.startsWith(`${base}/`));
  if (!isOwn) return;
  throw new ServeError(
    `The pages cannot be below ${base}, where they have addresses of their own: choose another path in PUBLIC_URL ` +
      "and OPS_PUBLIC_URL, for example /queue.",
  );
}

/** The request as if there were no base; one that a proxy has stripped already is left as it is. */
export function withoutBase(request: Request, base: string): Request {
  const [, origin = "", path = "", rest = ""] = /^(https?:\/\/[^/?#]*)([^?#]*)(.*)$/i.exec(request.url) ?? [];
  if (base === "" || (path !== base && !path.startsWith(`${base}/`))) return request;
  const url = `${origin}${path.slice(base.length) || "/"}${rest}`;
  const { method, headers, body, signal } = request;
  return URL.canParse(url) ? new Request(url, { method, headers, body, signal }) : request;
}

/** Where a redirect leads, below the base. */
export function locationBelow(base: string, location: string): string {
  return isOwnPath(location) ? base + location : location;
}

/** The document with its own links, forms and files below the base. */
export function documentBelow(base: string, html: string): string {
  // The renderer escapes each quotation mark of a text, so this can only be an attribute of ours.
  return base === ""
    ? html
    : html.replaceAll(/( (?:href|src|action|formaction)=")(?=\/(?!\/))/gi, `$1${base}`);
}

function isOwnPath(address: string): boolean {
  return address.startsWith("/") && !address.startsWith("//");
}
