/** The sessions that this process knows, by the hashes of their tokens, which do not allow a login. */
import { HOUR_MS, MINUTE_MS } from "@persistent-queue/queue";

const IDLE_MS = 30 * MINUTE_MS;
const WHOLE_MS = 8 * HOUR_MS;
const MAX_SESSIONS = 1000;

/** Times in milliseconds since 1970. */
export interface Session {
  readonly openedAt: number;
  /** The time of the last activity. */
  seenAt: number;
}

export class SessionTable {
  readonly now: () => number;
  readonly #byHash = new Map<string, Session>();

  /** @param now the clock by which sessions end, in milliseconds since 1970 */
  constructor(now: () => number) {
    this.now = now;
  }

  get all(): ReadonlyMap<string, Session> {
    return this.#byHash;
  }

  /** Null: there is none, or it has expired. */
  living(hash: string): Session | null {
    const session = this.#byHash.get(hash);
    return session !== undefined && this.livesMs(session) > 0 ? session : null;
  }

  /** How long it remains valid without further activity; 0 or less: it has expired. */
  livesMs({ openedAt, seenAt }: Session): number {
    return Math.min(seenAt + IDLE_MS, openedAt + WHOLE_MS) - this.now();
  }

  /** If there are too many, the oldest one is dropped. */
  add(hash: string, session: Session): void {
    this.forgetOld();
    const [oldest] = this.#byHash.keys();
    if (oldest !== undefined && this.#byHash.size >= MAX_SESSIONS) this.#byHash.delete(oldest);
    this.#byHash.set(hash, session);
  }

  remove(hash: string): boolean {
    return this.#byHash.delete(hash);
  }

  forgetOld(): void {
    for (const [hash, session] of this.#byHash) if (this.livesMs(session) <= 0) this.#byHash.delete(hash);
  }
}
