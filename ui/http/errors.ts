/** Why a request is refused, or the servers cannot start. */
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A request that is not served, and why: sent as is, with this status, never logged as a fault. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  /** Additional response headers. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: ContentfulStatusCode,
    /** A short, stable name for scripts. */
    readonly code: string,
    message: string,
    options: { headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.headers = options.headers ?? {};
  }
}

export function tooLarge(maxBytes: number, what = "The body of this request"): HttpError {
  const limit = `at most ${maxBytes.toLocaleString("en")} bytes`;
  return new HttpError(413, "too_large", `${what} is too large: ${limit} are accepted.`);
}

/**
 * Whether the runtime refuses to create a request with this method: the app cannot pass such a request on, so it is
 * refused before anything else.
 */
export function isForbidden(method: string): boolean {
  return /^(?:connect|trace|track)$/i.test(method);
}

interface Route {
  readonly method: string;
  readonly path: string;
}

/** 405 for a path that supports other methods, 404 for an unknown one. */
export function noSuchRoute(routes: readonly Route[], { method, path }: Route): HttpError {
  const allowed = allowedMethods(routes, path);
  if (allowed.length === 0) return new HttpError(404, "not_found", "There is nothing at this address.");
  return notAllowed(method, allowed);
}

/** For an unknown path too, the methods that any path may support. */
export function forbiddenMethod(routes: readonly Route[], { method, path }: Route): HttpError {
  const allowed = allowedMethods(routes, path);
  return notAllowed(method, allowed.length === 0 ? ["GET", "HEAD", "POST"] : allowed);
}

function notAllowed(method: string, allowed: readonly string[]): HttpError {
  const names = allowed.join(", ");
  const message = `${method} is not possible at this address: use ${names}.`;
  return new HttpError(405, "method_not_allowed", message, { headers: { Allow: names } });
}

/** The methods supported for this path; empty: there is no such path. Middleware does not count. */
function allowedMethods(routes: readonly Route[], path: string): string[] {
  const methods = routes
    .filter((route) => route.method !== "ALL" && patternOf(route.path).test(path))
    .flatMap(({ method }) => method === "GET" ? ["GET", "HEAD"] : [method]);
  return [...new Set(methods)];
}

/** `/api/jobs/:id{.+}` → one or more characters there; `/consumers/:id` → up to the next slash. */
function patternOf(route: string): RegExp {
  const parts = route.split("/").map((part) => {
    const constraint = /^:\w+\{(.+)\}$/.exec(part)?.[1];
    if (constraint !== undefined) return constraint;
    return part.startsWith(":") ? "[^/]+" : part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  });
  return new RegExp(`^${parts.join("/")}$`);
}

/** Whether programs use this path: they want JSON, not a page, and may send the token. */
export function isForScripts(path: string): boolean {
  return /^\/(?:api(?:\/|$)|events$|metrics$|healthz$|live$|ready$)/.test(path);
}

/** The pages cannot be served as configured; another program has the port, for instance. The message says what to do. */
export class ServeError extends Error {
  override readonly name = "ServeError";
}
