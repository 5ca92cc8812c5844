import { createHash, timingSafeEqual } from "node:crypto";
import { Refusal } from "./refusal.ts";
import type { Throttle } from "./throttle.ts";

const MOST_KNOWN = 1000;

export interface ApiTokenOptions {
  /** Null: there is none, and every one is wrong. */
  readonly token: string | null;
  /** Not the login's: a script with an old token must not lock out the person beside it. */
  readonly throttle: Throttle;
}

/** The one token for scripts. Guessing it is slowed down, as at the login. */
export class ApiToken {
  /** Addresses that were right before: they never wait for somebody who guesses beside them. The oldest first. */
  readonly #known = new Set<string>();
  readonly #options: ApiTokenOptions;

  constructor(options: ApiTokenOptions) {
    this.#options = options;
  }

  /** @throws {Refusal} 401 for a wrong one, 429 for any while its address has to wait */
  check(attempt: string, peer: string): void {
    const { token, throttle } = this.#options;
    const isRight = token !== null && isSame(attempt, token);
    if (isRight && this.#known.has(peer)) return;
    const waitMs = throttle.admit(peer);
    if (waitMs > 0) throw tooSoon(waitMs);
    if (!isRight) throw unauthorized("This token is not valid.");
    throttle.forgive(peer);
    this.#remember(peer);
  }

  #remember(peer: string): void {
    const [oldest] = this.#known;
    if (oldest !== undefined && this.#known.size >= MOST_KNOWN) this.#known.delete(oldest);
    this.#known.add(peer);
  }
}

export function unauthorized(message: string): Refusal {
  return new Refusal(401, "unauthorized", message, { headers: { "WWW-Authenticate": "Bearer" } });
}

function tooSoon(waitMs: number): Refusal {
  const headers = { "Retry-After": String(Math.ceil(waitMs / 1000)) };
  return new Refusal(429, "too_many_guesses", "Too many wrong tokens. Wait a little.", { headers });
}

/** In constant time, whatever the lengths are. */
function isSame(left: string, right: string): boolean {
  const [leftHash, rightHash] = [left, right].map((text) => createHash("sha256").update(text).digest());
  return leftHash !== undefined && rightHash !== undefined && timingSafeEqual(leftHash, rightHash);
}
