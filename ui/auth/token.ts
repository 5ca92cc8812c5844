import { sleep } from "@persistent-queue/queue";
import { createHash, timingSafeEqual } from "node:crypto";
import { type Audit, whereOf } from "./audit.ts";
import { HttpError } from "../http/errors.ts";
import { type Guesser, identityOf, type Throttle } from "./throttle.ts";

const MAX_KNOWN = 1000;
/** Between two tokens of one address that are looked at while it has to wait. */
const PACE_MS = 50;
/** No request waits longer for that. */
const MAX_PACED_MS = 5_000;

export interface ApiTokenOptions {
  /** Null: there is none. */
  readonly token: string | null;
  /** Not the login's: a script with an old token must not lock out the person beside it. */
  readonly throttle: Throttle;
  readonly audit: Audit;
}

/** The one token for scripts. Guessing it is slowed down, as at the login. */
export class ApiToken {
  /**
   * Addresses that were right before, and when their next token may be looked at. They are not shut out while wrong
   * tokens come from beside them; but a right guess looks like an honest script, so all of them are slowed to a pace then.
   */
  readonly #known = new Map<string, number>();
  readonly #options: ApiTokenOptions;

  constructor(options: ApiTokenOptions) {
    this.#options = options;
  }

  /** Without one a bearer token that comes is not meant for this server. */
  get exists(): boolean {
    return this.#options.token !== null;
  }

  /** @throws {HttpError} 401 for a wrong one, 429 for any while its address has to wait */
  async check(attempt: string, from: Guesser): Promise<void> {
    const { token, throttle, audit } = this.#options;
    const identity = identityOf(from);
    const isRight = token !== null && isSame(attempt, token);
    if (this.#known.has(identity)) {
      if (throttle.waitMs(from) > 0) await this.#pace(identity);
      if (isRight) return;
    }
    const waitMs = throttle.admit(from);
    if (waitMs > 0) throw tooSoon(waitMs);
    if (!isRight) {
      audit(`Failed login from ${whereOf(from)}: wrong API token`);
      throw unauthorized("This token is not valid.");
    }
    throttle.takeBack(from);
    this.#remember(identity);
  }

  /** @throws {HttpError} 429 when too many wait already */
  async #pace(identity: string): Promise<void> {
    const now = performance.now();
    const turn = Math.max(now, this.#known.get(identity) ?? now);
    if (turn - now > MAX_PACED_MS) throw tooSoon(MAX_PACED_MS);
    this.#known.set(identity, turn + PACE_MS);
    await sleep(turn - now);
  }

  #remember(identity: string): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= MAX_KNOWN) this.#known.delete(oldest);
    this.#known.set(identity, performance.now());
  }
}

export function unauthorized(message: string): HttpError {
  return new HttpError(401, "unauthorized", message, { headers: { "WWW-Authenticate": "Bearer" } });
}

function tooSoon(waitMs: number): HttpError {
  const headers = { "Retry-After": String(Math.ceil(waitMs / 1000)) };
  return new HttpError(429, "too_many_guesses", "Too many wrong tokens. Wait a little.", { headers });
}

/** In constant time, whatever the lengths are. */
function isSame(left: string, right: string): boolean {
  const [leftHash, rightHash] = [left, right].map((text) => createHash("sha256").update(text).digest());
  return leftHash !== undefined && rightHash !== undefined && timingSafeEqual(leftHash, rightHash);
}
