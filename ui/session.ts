import { createHash, randomBytes } from "node:crypto";

const IDLE_MS = 30 * 60_000;
const WHOLE_MS = 8 * 3_600_000;
const MAX_SESSIONS = 1000;

interface Session {
  readonly openedAt: number;
  seenAt: number;
}

/** Who is logged in. Only hashes are kept: whoever reads this memory cannot log in with what is found. */
export class Sessions {
  readonly #byHash = new Map<string, Session>();
  readonly #now: () => number;

  /** `now`: milliseconds since 1970. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Answers the token for the cookie: 32 random bytes, told once. */
  open(): string {
    for (const [hash, session] of this.#byHash) if (!this.#isValid(session)) this.#byHash.delete(hash);
    const [oldest] = this.#byHash.keys();
    if (oldest !== undefined && this.#byHash.size >= MAX_SESSIONS) this.#byHash.delete(oldest);
    const token = randomBytes(32).toString("base64url");
    const now = this.#now();
    this.#byHash.set(hashOf(token), { openedAt: now, seenAt: now });
    return token;
  }

  /** Whether the session lives; this is a sign of life, and the idle time starts again. */
  visit(token: string): boolean {
    const session = this.#byHash.get(hashOf(token));
    if (session === undefined || !this.#isValid(session)) return false;
    session.seenAt = this.#now();
    return true;
  }

  /** Whether the session lives, without making it live longer. */
  lives(token: string): boolean {
    const session = this.#byHash.get(hashOf(token));
    return session !== undefined && this.#isValid(session);
  }

  end(token: string): void {
    this.#byHash.delete(hashOf(token));
  }

  #isValid({ openedAt, seenAt }: Session): boolean {
    const now = this.#now();
    return now - seenAt < IDLE_MS && now - openedAt < WHOLE_MS;
  }
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}
