import type { ContentfulStatusCode } from "hono/utils/http-status";

/** A request that is not served, and why: answered as it is, with this status, never logged as a fault. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  /** Further headers of the answer. */
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
