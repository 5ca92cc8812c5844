import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A request that is not served, and why: answered as it is, with this status, never logged as a fault. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  /** Further headers of the response. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    readonly status: ContentfulStatusCode,
    /** A short name for scripts, stable. */
    readonly code: string,
    message: string,
    options: { headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.headers = options.headers ?? {};
  }
}

export function tooLarge(): HttpError {
  return new HttpError(413, "too_large", "The body of this request is too large.");
}

/** Addresses that programs use: they want JSON, not a page, and may bring the token. */
export function isForScripts(path: string): boolean {
  return /^\/(?:api(?:\/|$)|events$|metrics$|healthz$|live$|ready$)/.test(path);
}

/** The pages cannot be served as the settings say: another program has the port, for instance. The message says what to do. */
export class ServeError extends Error {
  override readonly name = "ServeError";
}
