/** Bodies of requests take several times their size while they are read: the large ones go in turn. */
import type { Context, MiddlewareHandler } from "hono";
import type { AppEnv } from "./app_env.ts";
import { MANY_JOBS_BYTES } from "../api/read_json.ts";

/** Of all that are read at the same time. */
const MOST_BYTES = MANY_JOBS_BYTES + 1024 * 1024;
/** Not worth a place in the line. */
const SMALL_BYTES = 64 * 1024;

export function largeBodiesInTurn(): MiddlewareHandler<AppEnv> {
  const budget = new ByteBudget(MOST_BYTES);
  return async (c, next) => {
    const bytes = Math.min(bytesOf(c), MOST_BYTES);
    if (bytes <= SMALL_BYTES) return await next();
    // What waits is not read meanwhile; the server's patience with it is that for any request.
    await budget.take(bytes);
    try {
      await next();
    } finally {
      budget.release(bytes);
    }
  };
}

/** As many as it says; where it does not say, as many as may be read of any. */
function bytesOf({ req }: Context): number {
  if (req.raw.body === null) return 0;
  const length = req.header("content-length");
  return length === undefined ? MANY_JOBS_BYTES : Number(length);
}

class ByteBudget {
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];
  #free: number;

  constructor(bytes: number) {
    this.#free = bytes;
  }

  /** In the order of asking: a large one is not kept waiting by small ones behind it. */
  async take(bytes: number): Promise<void> {
    if (this.#waiting.length === 0 && bytes <= this.#free) this.#free -= bytes;
    else await new Promise<void>((enter) => this.#waiting.push({ bytes, enter }));
  }

  release(bytes: number): void {
    this.#free += bytes;
    for (
      let next = this.#waiting[0];
      next !== undefined && next.bytes <= this.#free;
      next = this.#waiting[0]
    ) {
      this.#waiting.shift();
      this.#free -= next.bytes;
      next.enter();
    }
  }
}
