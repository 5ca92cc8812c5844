/**
 * The addresses of this page, and of the other one.
 *
 * Pages may be served below a base path, as in `https://queue.example.com/jobs`. Internally every path is the app's own
 * (`/consumers`): the base is removed from incoming requests, and prepended to every own address in the response. So
 * links are written as if there were no base, and a proxy may strip it or not.
 */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import { textResponse } from "./compression.ts";
import { isForbidden, ServeError } from "./errors.ts";
import type { AppEnv } from "./app_env.ts";
import { authoritiesOf, hostnameOf } from "./host_guard.ts";

/** `/jobs` of `https://queue.example.com/jobs`; empty if the pages are at the root. */
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

/** The request without the base; if a proxy has already stripped it, the request is left as it is. */
export function withoutBase(request: Request, base: string): Request {
  const [, origin = "", path = "", rest = ""] = /^(https?:\/\/[^/?#]*)([^?#]*)(.*)$/i.exec(request.url) ?? [];
  const below = pathBelow(path, base);
  if (below === path) return request;
  const url = `${origin}${below}${rest}`;
  const { method, headers, body, signal } = request;
  return URL.canParse(url) && !isForbidden(method)
    ? new Request(url, { method, headers, body, signal })
    : request;
}

/** The path without the base, or as it is if a proxy has already stripped it. */
export function pathBelow(path: string, base: string): string {
  if (base === "" || (path !== base && !path.startsWith(`${base}/`))) return path;
  return path.slice(base.length) || "/";
}

/** The target of a redirect, below the base. */
export function locationBelow(base: string, location: string): string {
  return isOwnPath(location) ? base + location : location;
}

/** The document with its own links, forms and files below the base. */
export function documentBelow(base: string, html: string): string {
  // The renderer escapes every quotation mark in text, so this can only be an attribute of the page.
  return base === ""
    ? html
    : html.replaceAll(/( (?:href|src|action|formaction)=")(?=\/(?!\/))/gi, `$1${base}`);
}

function isOwnPath(address: string): boolean {
  return address.startsWith("/") && !address.startsWith("//");
}

export interface PageAddresses {
  /** The port of this page. */
  readonly port: number;
  /** The port of the other page; without it there is no link to it, unless its public address is known. */
  readonly otherPort?: number | undefined;
  /** How people reach the other page; null = as it is bound. */
  readonly otherPublicUrl?: string | null;
}

/**
 * The address of the other page: the public one, or the other port under the host name that the visitor used
 * (`http://localhost:8502`). Null if neither is known: for a visitor who came through a proxy or a mapped port, the other
 * page may be anywhere, and a different server may be at this name.
 */
export function otherPage(
  c: Context<AppEnv>,
  { port, otherPort, otherPublicUrl = null }: PageAddresses,
): string | null {
  if (otherPublicUrl !== null) return otherPublicUrl;
  const [authority] = authoritiesOf(c.req.raw);
  const name = hostnameOf(authority);
  const isDirect = !c.env.client.isForwarded && authority.endsWith(`:${port}`);
  if (!isDirect || name === null || !otherPort) return null;
  return `http://${name.includes(":") ? `[${name}]` : name}:${otherPort}`;
}

export interface RenderOptions {
  readonly status?: ContentfulStatusCode;
  /** For the page's script, in the attribute `PROPS` of its root. */
  readonly props?: object;
}

/** A placeholder for the props: no text of the page can look like this attribute, because its quotes are escaped. */
export const PROPS = { "data-props": "-" };
const PLACE = 'data-props="-"';

/** A complete HTML document, with its links below the base. */
export function renderPage(
  c: Context<AppEnv>,
  page: VNode,
  { status = 200, props }: RenderOptions = {},
): Response {
  const html = documentBelow(c.env.basePath, renderToString(page));
  // The renderer would create two more strings for each of thousands of quotes.
  const whole = props === undefined ? html : html.replace(PLACE, () => `data-props="${escaped(props)}"`);
  return textResponse(c, `<!doctype html>${whole}`, { type: "text/html; charset=UTF-8", status });
}

function escaped(props: object): string {
  return JSON.stringify(props).replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
